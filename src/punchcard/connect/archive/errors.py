"""Why an archive is not made, or not taken in."""


class ArchiveRefused(Exception):
    """An archive is not made, or not taken in: its text says why, to an operator."""
