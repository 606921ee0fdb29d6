"""Work on cards that nobody asked for: what ends or begins by itself."""
