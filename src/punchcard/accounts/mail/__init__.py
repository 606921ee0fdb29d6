"""Mails that accounts and customers are sent: their texts, and the queue they leave by."""
