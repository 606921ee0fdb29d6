"""axe-core: what keeps someone from using a page with a screen reader, a keyboard, weak eyes."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import CDPSession, Page

from tests.journeys.support.visits import WIDTHS
from tests.support.draw import DRAW, drawn
from tools.vendor import Shelf

_SPARED: Final = (None,) * len(WIDTHS)
"""Beside the widths when one is drawn: as often as not it is none of them."""

_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

_RUN = """
Promise.race([
  axe.run(ASKED),
  new Promise((_, reject) => setTimeout(() => reject(new Error("axe found no end")), 60_000)),
]).then(result => JSON.stringify(result.violations))
"""


# What has to be pushed aside to be seen is missed: a button at the end of a row most of all.
_CUT_OFF = """
[...document.querySelectorAll(".table-wrap, .report-sheet section, .panel, fieldset, .notice")]
  .filter(part => part.scrollWidth > part.clientWidth + 1)
  .map(part => `${part.getAttribute("aria-label") ?? part.className}: ${part.scrollWidth}`)
"""


CONTRAST = ("color-contrast",)
"""The rule that looks at colours, and so at dark and light."""


def assert_no_axe_violations(
    page: Page, *, exclude: tuple[str, ...] = (), rules: tuple[str, ...] = ()
) -> None:
    """Fail, naming every violation and its elements, unless axe finds nothing on `page`.

    `exclude` holds CSS selectors of parts that are not ours, `rules` the only rules that are
    asked if it is not all of them. Works on pages whose policy forbids
    every other script, and on pages without JavaScript: axe runs in a world of its own.
    """
    found = axe_violations(page, exclude=exclude, rules=rules)
    assert not found, f"axe on {page.url}:\n" + "\n".join(_told(violation) for violation in found)


def assert_usable(page: Page, *, name: str, width: int, exclude: tuple[str, ...] = ()) -> None:
    """Fail unless `page`, `width` pixels wide, fits its window and shuts nobody out in any colours.

    axe takes most of the time: in a run that is drawn it looks at one width of every other `name`.
    """
    assert_fits(page, name=name, width=width)
    if DRAW and width != drawn(name, (*WIDTHS, *_SPARED)):
        return
    page.emulate_media(color_scheme="light")
    assert_no_axe_violations(page, exclude=exclude)
    # Nothing but colours depends on the scheme.
    page.emulate_media(color_scheme="dark")
    assert_no_axe_violations(page, exclude=exclude, rules=CONTRAST)


def assert_fits(page: Page, *, name: str, width: int) -> None:
    """Fail unless all of `page`, `width` pixels wide, is in its window."""
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width, f"{name} is {wide} pixels wide at {width}"
    assert page.evaluate(_CUT_OFF) == [], f"{name} hides a part of itself at {width}"


def axe_violations(
    page: Page, *, exclude: tuple[str, ...] = (), rules: tuple[str, ...] = ()
) -> list[dict[str, Any]]:
    """Return what axe holds against `page`, as axe tells it."""
    session = page.context.new_cdp_session(page)
    try:
        world = _own_world(session)
        is_without_scripts = _evaluate(session, world, "matchMedia('(scripting: none)').matches")
        if is_without_scripts:
            # A session can take back only what it asked for itself.
            _disable_scripts(session, is_disabled=True)
            _disable_scripts(session, is_disabled=False)
        _evaluate(session, world, _source())
        asked = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": _TAGS}
        options = {"runOnly": asked, "resultTypes": ["violations"]}
        where = {"exclude": [[selector] for selector in exclude]} if exclude else None
        call = f"{json.dumps(where) if where else 'document'}, {json.dumps(options)}"
        run = _RUN.replace("ASKED", call)
        violations: list[dict[str, Any]] = json.loads(_evaluate(session, world, run))
        if is_without_scripts:
            _disable_scripts(session, is_disabled=True)
        return violations
    finally:
        session.detach()


def _disable_scripts(session: CDPSession, *, is_disabled: bool) -> None:
    # Without scripts there are no timers either, for which axe would wait for ever. Those of the
    # page do not start late: it has been parsed.
    session.send("Emulation.setScriptExecutionDisabled", {"value": is_disabled})


def _own_world(session: CDPSession) -> int:
    frame = session.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
    made = session.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "axe"})
    world: int = made["executionContextId"]
    return world


def _evaluate(session: CDPSession, world: int, expression: str) -> Any:
    answer = session.send(
        "Runtime.evaluate",
        {
            "expression": expression,
            "contextId": world,
            "awaitPromise": True,
            "returnByValue": True,
        },
    )
    assert "exceptionDetails" not in answer, answer["exceptionDetails"]
    return answer["result"].get("value")


@lru_cache(maxsize=1)
def _source() -> str:
    shelf = Shelf(Path(__file__).parents[1] / "vendor.toml")
    (script,) = (file for file in shelf.files() if file["file"] == "axe.min.js")
    # Its last value is an object that cannot be handed over.
    return shelf.place(script).read_text(encoding="utf-8") + "\n;undefined"


def _told(violation: dict[str, Any]) -> str:
    lines = [f"  {violation['id']} ({violation['impact']}): {violation['help']}"]
    for node in violation["nodes"]:
        lines.append(f"    {' '.join(map(str, node['target']))}: {node['html'][:160]}")
        reasons = [check["message"] for kind in ("any", "all", "none") for check in node[kind]]
        lines.extend(f"      {reason}" for reason in reasons)
    return "\n".join(lines)
