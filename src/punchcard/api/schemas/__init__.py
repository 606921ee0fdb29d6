"""What goes in and out as JSON: requests are checked here, responses are made here."""
