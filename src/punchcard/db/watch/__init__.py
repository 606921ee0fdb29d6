"""What is counted of the database while it is used."""
