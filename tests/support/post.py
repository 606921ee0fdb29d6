"""A mailer of tests."""

from typing import Any


class Post:
    """A mailer that keeps what it is given."""

    is_configured = True

    def __init__(self) -> None:
        self.messages: list[Any] = []

    def send(self, message: Any) -> None:
        """Keep a message."""
        self.messages.append(message)
