"""Stand-ins for other companies' servers, for tests and the demonstration.

They share no code with what they judge: they are written from those companies' own documents.
"""
