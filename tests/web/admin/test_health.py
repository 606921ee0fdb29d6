"""What waits for the worker, as an admin reads it: in words, whatever it waits under."""

from collections.abc import Callable

import pytest

from punchcard.context import Context
from punchcard.db import outbox
from punchcard.db.outbox import OutboxRow, WorkStatus
from punchcard.kit.i18n import LANGUAGES, translate
from punchcard.web.admin.work_names import WORK_NAMES
from punchcard.worker.handlers import (
    ENGAGE_LANE,
    LONG_WORK_LANE,
    MAIL_LANE,
    ORDER_LANE,
    WALLET_LANES,
)
from tests.support.cast import PASSWORD, make_admin
from tests.support.pages import Visitor, text_of

LANES = (*WALLET_LANES, MAIL_LANE, LONG_WORK_LANE, ENGAGE_LANE, ORDER_LANE)


def test_all_that_the_worker_does_has_a_name_of_its_own() -> None:
    topics = {topic for lane in LANES for topic in lane}
    assert topics == WORK_NAMES.keys()
    for language in LANGUAGES:
        assert len({translate(name, language) for name in WORK_NAMES.values()}) == len(topics)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_waits_and_what_was_given_up_is_named_in_words(
    visitors: Callable[..., Visitor], context: Context, language: str
) -> None:
    make_admin(context)
    admin = visitors()
    admin.sign_in("admin@platform.example", PASSWORD)
    with context.database.write() as session:
        outbox.enqueue(session, "automations.due", "all", context.clock.now())
        outbox.enqueue(session, "imports.work", "0" * 36, context.clock.now())
        session.query(OutboxRow).filter_by(topic="imports.work").one().status = WorkStatus.PARKED
    told = text_of(admin.get(f"/admin/health?lang={language}"))
    assert told.count(translate(WORK_NAMES["automations.due"], language)) == 1
    assert told.count(translate(WORK_NAMES["imports.work"], language)) == 2
