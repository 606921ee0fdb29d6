"""Programs and rewards: what they are made and changed with, and what a change concerns."""
