"""The day of many shops: what it asks of servers, minute by minute, and what those cost."""
