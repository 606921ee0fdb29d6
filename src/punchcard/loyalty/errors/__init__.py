"""Every refusal of cards, programs, rewards, staff PINs and the till."""
