"""What is said about the platform's own affairs: plans, and what vendors use."""
