"""Cards in the same state share their words: each shows what it would show on its own."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from punchcard.kit.i18n import LANGUAGES
from punchcard.wallets.apple.pass_texts import words_of
from punchcard.wallets.pass_content import card_language, for_holder, pass_content
from tests.wallets.facts import card, program

CARDS = st.fixed_dictionaries(
    {
        "stamps": st.integers(0, 12),
        "points": st.integers(0, 3),
        "rewards_ready": st.integers(0, 2),
        "status": st.sampled_from(["active", "blocked", "replaced", "closed"]),
        "number": st.from_regex("[0-9]{12}", fullmatch=True),
        "customer_name": st.none() | st.text(min_size=1, max_size=20),
        "url": st.none() | st.just("https://shop.test/c/1"),
        "token": st.none() | st.just("1"),
        "language": st.none() | st.sampled_from(LANGUAGES),
    }
)
BRANDING = st.sampled_from([{}, {"barcode": "code128"}, {"barcode": "rotating"}])


@pytest.mark.parametrize("kind", ["stamps", "points", "hybrid"])
@given(facts=CARDS, branding=BRANDING)
def test_shared_words_say_what_a_card_on_its_own_would(
    kind: str, facts: dict[str, Any], branding: dict[str, str]
) -> None:
    of_shop = program(type=kind, branding=branding, terms_text="Be nice.")
    mine = card(**facts)
    alone = pass_content(of_shop, mine, card_language(of_shop, mine))
    assert for_holder(words_of(of_shop, mine).content, of_shop, mine) == alone
