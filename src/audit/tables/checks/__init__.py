"""How declared tables are checked: suites, their expectations, and Great Expectations as second reader."""
