"""Lists to take away: what stands in their columns, and the files that they become."""
