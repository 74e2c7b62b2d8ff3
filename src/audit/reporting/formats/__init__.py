"""What leaves the house: each module writes one form of a record, and decides nothing."""
