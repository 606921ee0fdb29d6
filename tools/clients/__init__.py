"""What of the two clients is written by a program: models, types, and the file of JavaScript."""
