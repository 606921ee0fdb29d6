"""What a customer's page asks of the database, each time somebody looks at their card."""

from punchcard.context import Context
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.pages import Visitor
from tests.support.statements import statements_of

MOST = 11


def test_a_card_is_shown_with_few_statements_and_none_for_what_only_wallets_show(
    visitor: Visitor, context: Context, alice: Shop
) -> None:
    coffee = shelf.program(alice, status="active")
    visitor.get(f"/join/{coffee.slug}")
    answer = visitor.post(f"/join/{coffee.slug}", name="Ana", email="ana@example.com")
    path = str(answer.headers["location"]).split("?")[0]
    visitor.get(path)
    asked: list[str] = []
    with statements_of(context.database, asked):
        assert visitor.get(path).status_code == 200
    assert 0 < len(asked) <= MOST
    assert not [statement for statement in asked if "locations" in statement]
