"""What fields must look like: one rule each, for the API, the pages, the commands and search."""
