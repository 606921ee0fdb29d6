"""What the words of the vocabularies are called on pages, a file a subject."""
