"""What only PostgreSQL has: several hosts, replicas, and their age."""
