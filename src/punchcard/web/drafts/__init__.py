"""What was typed into a form that could not be taken, and how it comes back."""
