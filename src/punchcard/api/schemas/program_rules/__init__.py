"""What a program's further rules look like: dates, milestones, promotions."""
