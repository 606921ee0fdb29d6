"""A shop with webhook endpoints, and a sender whose attempts are made one after the other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from punchcard.accounts.audit_service import Act
from punchcard.connect.models import WebhookDelivery, WebhookEndpoint
from punchcard.connect.webhooks import endpoint_service
from punchcard.connect.webhooks.http_sender import PostsBodies
from punchcard.connect.webhooks.outcomes import Outcomes
from punchcard.connect.webhooks.retry_rules import WebhookAnswer
from punchcard.connect.webhooks.sender import Launch, WebhookSender
from punchcard.context import Context
from punchcard.kit.ids import WebhookEndpointId
from punchcard.loyalty.models import VendorEvent
from tests.support.cast import Shop, by_operator

URL = "https://shop.example/hooks"


@dataclass
class Post:
    """One attempt that a receiver saw."""

    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """Return the id that the receiver knows it by."""
        return self.headers["webhook-id"]


@dataclass
class Receivers:
    """Stands in for everybody that is posted to: `says` answers, 204 unless it is set."""

    posts: list[Post] = field(default_factory=list)
    says: Callable[[Post], WebhookAnswer] = lambda post: WebhookAnswer(status=204)

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> WebhookAnswer:
        """Keep the attempt and answer it."""
        self.posts.append(Post(url, headers, body))
        return self.says(self.posts[-1])


def endpoint(
    shop: Shop, *types: str, url: str = URL, description: str = ""
) -> tuple[str, WebhookEndpointId]:
    """Make an endpoint of the shop; returns its secret and its id."""
    context = shop.context
    with context.database.write() as session:
        secret, row = endpoint_service.create_endpoint(
            session,
            by_operator(context),
            shop.id,
            context.connect.webhook_secrets,
            url=url,
            types=types,
            description=description,
            limit=20,
        )
        return secret, row.id


def at_once(do: Callable[[], None]) -> None:
    """Make an attempt in the thread of the turn."""
    do()


def sender(context: Context, receivers: PostsBodies, *, launch: Launch = at_once) -> WebhookSender:
    """Send as a worker of its own does, without chance."""
    return WebhookSender(
        database=context.database,
        clock=context.clock,
        ids=context.ids,
        settings=context.settings,
        http=receivers,
        secrets=context.connect.webhook_secrets,
        outcomes=Outcomes(
            clock=context.clock,
            ids=context.ids,
            settings=context.settings,
            mail_queue=context.accounts.mail_queue,
            chance=lambda: 0.0,
        ),
        wake=lambda: None,
        launch=launch,
    )


def work(sender: WebhookSender) -> None:
    """Take turns until there is nothing more to do."""
    while sender.take_turn():
        pass


def events(context: Context) -> list[VendorEvent]:
    """Return what happened, oldest first."""
    with context.database.read() as session:
        return list(session.scalars(select(VendorEvent).order_by(VendorEvent.id)))


def deliveries(context: Context) -> list[WebhookDelivery]:
    """Return every delivery, oldest first."""
    with context.database.read() as session:
        return list(session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)))


def stored(context: Context, endpoint_id: WebhookEndpointId) -> WebhookEndpoint:
    """Return an endpoint as it is now."""
    with context.database.read() as session:
        return session.get_one(WebhookEndpoint, endpoint_id)


def doing(shop: Shop, do: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Call a service that changes something for the shop: `do(session, act, vendor_id, …)`."""
    with shop.context.database.write() as session:
        act: Act = by_operator(shop.context)
        return do(session, act, shop.id, *args, **options)
