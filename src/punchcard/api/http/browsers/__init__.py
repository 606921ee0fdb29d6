"""What browsers are told: what pages may run and show, and whose pages may read answers."""
