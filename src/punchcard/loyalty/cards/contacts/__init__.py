"""Changes of a customer's contact: confirmed at the new address, told to the old one."""
