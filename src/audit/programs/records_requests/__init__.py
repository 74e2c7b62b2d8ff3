"""A second audit for another field: whether requests for public records were decided in time, on made-up requests."""
