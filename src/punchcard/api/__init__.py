"""The HTTP interface: routes, schemas, and what all routes share."""
