"""What Punchcard is measured beside: each file runs in a process of its own."""
