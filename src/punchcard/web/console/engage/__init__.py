"""The console's pages of what a program does by itself, and of the friends that cards bring."""
