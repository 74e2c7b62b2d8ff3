"""Both reports as records; the figures and formats only render them."""
