"""What a vendor's people see: one file for each page of the console."""
