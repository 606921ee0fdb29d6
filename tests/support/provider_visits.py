"""A visitor's way to the identity provider and back, as a browser goes it."""

from urllib.parse import urlsplit

import httpx

from tests.support.cast import PASSWORD
from tests.support.page_forms import form_on
from tests.support.pages import Visitor
from tests.support.waiting import PATIENCE_SECONDS

START = "/sign-in/provider"


def leave(visitor: Visitor, path: str = START) -> httpx.Response:
    """Leave for the provider; returns its answer, which leads back."""
    left = visitor.get(path)
    assert left.status_code == 303, left.text
    return httpx.get(
        left.headers["location"], follow_redirects=False, trust_env=False, timeout=PATIENCE_SECONDS
    )


def back_path(answer: httpx.Response) -> str:
    """Return the path of ours that the provider's answer leads to."""
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["location"])
    assert f"{back.scheme}://{back.netloc}" == "http://shop.test"
    return f"{back.path}?{back.query}"


def visit(visitor: Visitor, path: str = START) -> httpx.Response:
    """Go to the provider and come back; returns what our server answers."""
    return visitor.get(back_path(leave(visitor, path)))


def link(visitor: Visitor, email: str, home: str = "/console") -> None:
    """Link the provider's account by typing the password once, and pressing the button."""
    assert visit(visitor).headers["location"] == "/sign-in"
    step = visitor.sign_in(email, PASSWORD)
    assert step.headers["location"] == f"{home}/account"
    press_link(visitor, home)


def press_link(visitor: Visitor, home: str = "/console") -> httpx.Response:
    """Press the button that links the account."""
    action = f"{home}/account/provider/link"
    page = visitor.get(f"{home}/account").text
    done = visitor.client.post(action, data=form_on(page, action))
    assert done.headers.get("location") == f"{home}/account", done.text
    return done
