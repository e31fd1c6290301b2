"""Sheets, as an office keeps them: CSV and XLSX with a header row, one fact a row, and the empty ones to fill in."""
