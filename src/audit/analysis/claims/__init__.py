"""Whether the numbers of a text agree with facts: every count, share, sum, multiple and as-of day, with a verdict."""
