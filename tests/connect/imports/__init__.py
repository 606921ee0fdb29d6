"""Files from elsewhere: read, tried, put on cards, undone."""
