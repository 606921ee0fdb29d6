"""What connects a shop with other systems."""
