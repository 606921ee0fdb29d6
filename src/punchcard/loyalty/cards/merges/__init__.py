"""Cards that are part of others since they were merged."""
