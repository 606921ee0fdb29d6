"""Pages: the console, the terminal, the customer's card, the platform's admin."""
