"""What journeys stand on: a shop on a real socket, a real browser, and eyes on what it does."""
