"""Routes of a vendor and its till, one file a resource."""
