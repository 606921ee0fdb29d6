"""The HTTP interface: routes, shapes, errors and the outer layer."""
