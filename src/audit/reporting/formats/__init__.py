"""The outputs of a report: HTML, PDF, XLSX, CSV and what else people open."""
