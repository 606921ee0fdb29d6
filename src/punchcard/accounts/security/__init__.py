"""What an investigation needs to know: security events, counted, kept and written to the log."""
