"""The keys of the server, and who a request came from."""
