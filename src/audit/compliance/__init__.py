"""The monthly count of every case: record states, office rates, trends, ledger, discrepancies."""
