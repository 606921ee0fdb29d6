"""What operators write into variables."""
