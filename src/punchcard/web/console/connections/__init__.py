"""The console's pages of what connects the shop with its other software."""
