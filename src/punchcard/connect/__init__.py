"""What connects a shop with its other software: what is told to it, and what it tells."""
