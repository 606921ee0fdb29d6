"""How the file of an import is read: bytes into rows, headings into fields, cells into values."""
