"""How a session begins, whichever way a person has shown who they are."""
