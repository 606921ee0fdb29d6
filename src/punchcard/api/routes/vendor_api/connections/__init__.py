"""What connects a vendor with its other software."""
