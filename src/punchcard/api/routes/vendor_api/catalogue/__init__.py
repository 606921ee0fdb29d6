"""The routes of programs, their rewards and their promotions."""
