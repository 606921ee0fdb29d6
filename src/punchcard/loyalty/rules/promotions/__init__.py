"""What promotions are, which are on, and what they give. Pure."""
