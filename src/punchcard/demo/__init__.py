"""The demonstration: three shops that do not exist, with a history that the till has written."""
