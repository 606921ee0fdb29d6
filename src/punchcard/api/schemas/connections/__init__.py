"""What is said about connections with other software."""
