"""Which browser a session was opened with, as people name it."""

from typing import Final

# The first that fits counts: most browsers also name those they descend from.
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def browser_name(user_agent: str | None) -> str | None:
    """Return such as "Firefox · Android"; of other software its own first words, at most 60.

    None when it has not said what it is.
    """
    if not user_agent:
        return None
    named = [
        next((name for sign, name in known if sign in user_agent), None)
        for known in (_BROWSERS, _SYSTEMS)
    ]
    return " · ".join(filter(None, named)) if named[0] else user_agent[:60]
