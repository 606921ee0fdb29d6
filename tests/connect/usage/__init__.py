"""What vendors use, now and by month."""
