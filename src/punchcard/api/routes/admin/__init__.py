"""Routes of the platform, one file a resource."""
