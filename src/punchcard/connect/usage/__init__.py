"""What vendors use: now, beside the limits of their plans, and month by month for their bills."""
