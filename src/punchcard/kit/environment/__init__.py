"""What operators write into variables: paths, addresses, secrets, and names that nobody reads."""
