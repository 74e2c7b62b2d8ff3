"""The reference audit: Secure Communities, fiscal year 2011, on synthetic facts."""
