"""The steps in order, for notebook and prompt."""
