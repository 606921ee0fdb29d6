"""Rules of what happens by itself: pure, no database, no clock."""
