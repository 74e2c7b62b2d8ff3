"""Statistical methods: numbers in, numbers out, each with the paper it comes from; nothing here knows a table."""
