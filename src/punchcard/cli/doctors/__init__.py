"""What `punchcard doctor` looks at, by subject."""
