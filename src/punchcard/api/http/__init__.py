"""What every route shares: the outer middleware, permissions, problems, idempotency, OpenAPI."""
