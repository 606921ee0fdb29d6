"""Sessions are told apart by the browser they were opened with."""

import pytest

from punchcard.kit.browsers import browser_name

MOZILLA = "Mozilla/5.0"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (f"{MOZILLA} (Windows NT 10.0) Chrome/126.0 Safari/537.36 Edg/126.0", "Edge · Windows"),
        (f"{MOZILLA} (Linux; Android 14) Chrome/126.0 Mobile Safari/537.36", "Chrome · Android"),
        (f"{MOZILLA} (iPhone; CPU like Mac OS X) CriOS/126 Safari/604.1", "Chrome · iPhone"),
        (f"{MOZILLA} (Macintosh; Intel Mac OS X 14_5) Version/17 Safari/605.1", "Safari · Mac"),
        (f"{MOZILLA} (X11; Linux x86_64; rv:127.0) Gecko Firefox/127.0", "Firefox · Linux"),
        ("Firefox/1.0", "Firefox"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("x" * 200, "x" * 60),
        ("", None),
        (None, None),
    ],
)
def test_a_browser_is_named_as_people_name_it(user_agent: str | None, name: str | None) -> None:
    assert browser_name(user_agent) == name
