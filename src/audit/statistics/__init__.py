"""Statistical methods: numbers in, numbers out, each with the paper it comes from; no room here knows a table."""
