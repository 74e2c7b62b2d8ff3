"""What is recorded against the evidence on file, in both directions."""
