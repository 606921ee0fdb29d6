"""The services of each floor, built once: three groups that `context` puts together."""
