"""A list by name as a file, CSV or XLSX: pure encoders, which take rows one by one and give the file in pieces."""
