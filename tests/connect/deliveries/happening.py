"""What happens at a shop for its software to be told."""

from punchcard.connect.webhooks.retry_rules import WebhookAnswer
from punchcard.loyalty.programs import program_service
from tests.connect.webhook_shop import doing
from tests.loyalty import shelf
from tests.support.cast import Shop

DOWN = WebhookAnswer(status=500, excerpt="out of order")


def tell(shop: Shop, times: int = 1) -> None:
    """Let something happen, without any card: the shop's program changes."""
    program = shelf.program(shop)
    for number in range(times):
        doing(shop, program_service.update_program, program.id, {"name": f"Card {number}"})
