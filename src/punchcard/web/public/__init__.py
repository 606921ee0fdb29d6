"""What customers see: joining a program, and their own card."""
