"""What a stamp shows: the drawings a shop can choose from, for pages and for pictures of passes."""
