"""Everything of the shop in one file, from the console: asked for, made, fetched."""

import re
import zipfile
from io import BytesIO

from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.worker.handlers import LONG_WORK_LANE
from punchcard.worker.loop import Worker
from tests.support.pages import Visitor, text_of

PAGE = "/console/exports"
PATH = f"{PAGE}/archive"


def work(context: Context) -> None:
    """Let a worker do all that waits."""
    worker = Worker(context, [LONG_WORK_LANE], [])
    while worker.do_work():
        pass


def test_an_owner_asks_for_the_file_and_fetches_it(owner: Visitor, context: Context) -> None:
    assert "Everything in one file" in text_of(owner.get(PAGE))
    waiting = owner.follow(owner.post(PATH))
    assert "being made" in text_of(waiting)
    assert 'hx-get="/console/exports/archive"' in waiting.text

    work(context)
    panel = owner.get(PATH)
    assert "hx-get" not in panel.text
    link = re.search(rf'href="({PATH}/[0-9a-f-]{{36}}/file.zip)"', panel.text)
    assert link is not None
    file = owner.get(link[1])
    assert zipfile.ZipFile(BytesIO(file.content)).testzip() is None


def test_both_ask_who_it_is_after_a_while(
    owner: Visitor, context: Context, clock: ManualClock
) -> None:
    owner.get(PAGE)
    owner.post(PATH)
    work(context)
    link = re.search(rf'href="({PATH}/[0-9a-f-]{{36}}/file.zip)"', owner.get(PAGE).text)
    assert link is not None
    clock.advance(hours=1)
    owner.get(PAGE)

    assert "Is it you?" in text_of(owner.post(PATH))
    assert "Is it you?" in text_of(owner.get(link[1]))


def test_it_is_the_owners_alone(manager: Visitor) -> None:
    assert "Everything in one file" not in text_of(manager.get(PAGE))
    assert manager.get(PATH).status_code == 403
