"""Points and stamps with dates: until when they are good, and how they come and go."""
