"""What every page shares: who asks, forms, templates, formats, files and navigation."""
