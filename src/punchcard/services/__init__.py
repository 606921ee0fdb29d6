"""The services of each floor, built once: groups that `context` puts together."""
