"""The steps of the first-run guide: where each is, and what it is called."""

from typing import Final, NamedTuple

from punchcard.kit.i18n import N_
from punchcard.loyalty.programs.onboarding import FirstSteps, Step

_WITHOUT_PROGRAM: Final[tuple[Step, ...]] = ("shop", "program", "pins", "terminal")


class GuidePage(NamedTuple):
    """One step: its page, its icon, what to do there, and why."""

    step: Step
    path: str
    icon: str
    title: str
    reason: str


GUIDE_PAGES: Final = (
    GuidePage(
        "shop",
        "/console/guide/shop",
        "store",
        N_("Set up your shop"),
        N_("Its name, language and address, as customers will see them."),
    ),
    GuidePage(
        "program",
        "/console/guide/program",
        "layers",
        N_("Choose your program"),
        N_("Stamps or points, a name and a colour."),
    ),
    GuidePage(
        "reward",
        "/console/guide/reward",
        "gift",
        N_("Choose the reward"),
        N_("What customers get, and what it takes to earn it."),
    ),
    GuidePage(
        "pins",
        "/console/guide/pins",
        "key-round",
        N_("Give your staff a PIN"),
        N_("So that every stamp shows who gave it."),
    ),
    GuidePage(
        "terminal",
        "/console/guide/terminal",
        "tablet-smartphone",
        N_("Pair a terminal"),
        N_("The phone or tablet on the counter, with which your staff stamp."),
    ),
    GuidePage(
        "poster",
        "/console/guide/poster",
        "printer",
        N_("Put the poster on the counter"),
        N_("Customers scan it to get their card. This step is done once the first one has joined."),
    ),
    GuidePage(
        "stamp",
        "/console/members",
        "stamp",
        N_("Give the first stamp or points"),
        N_("Open a customer's card at the terminal, or here. After that, this list is done."),
    ),
)
"""In the order in which they are taken."""


def page_paths(steps: FirstSteps) -> dict[Step, str]:
    """Return where each step that can be taken or changed leads.

    What is done is changed where it lives; what lies beyond the next step is not there yet.
    """
    paths = {page.step: page.path for page in GUIDE_PAGES}
    if steps.program_id is None:
        return {step: paths[step] for step in _WITHOUT_PROGRAM}
    own = f"/console/programs/{steps.program_id}"
    paths["program"] = own
    if "reward" in steps.done:
        paths["reward"] = f"{own}#basics"
    return paths


def path_after(step: Step) -> str:
    """Return the page of the step after this one; the overview after the last."""
    places = [page.step for page in GUIDE_PAGES]
    following = GUIDE_PAGES[places.index(step) + 1 :]
    return following[0].path if following else "/console"
