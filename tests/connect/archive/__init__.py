"""Archives: a shop leaves with everything, and arrives elsewhere with the same ids and links."""
