"""The audit trail in words: what was done, to what, and what that changed."""
