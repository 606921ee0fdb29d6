"""The first-run guide: from an empty shop to the poster on its counter."""
