"""How many cases a plan takes."""
