"""What is asked and answered about the person behind cards: two cards of one, another contact."""
