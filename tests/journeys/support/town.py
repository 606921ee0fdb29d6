"""The demonstration's three shops on a real socket, at a moment that never changes."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from punchcard.context import Context, build_context
from punchcard.demo.demo_shop import PASSWORD
from punchcard.demo.folder import DemoFolder
from punchcard.kit.clock import ManualClock
from punchcard.main import create_app
from tests.conftest import MONDAY_MORNING
from tests.loyalty import shelf
from tests.support import cast
from tests.support.cast import sign_in
from tests.support.http import Api
from tests.support.served import served
from tests.support.server_process import caller
from tools.free_ports import free_port

NO_PROVIDER = "http://127.0.0.1:9"
"""An identity provider that is set up and away: its button is there, and what comes of it."""


@dataclass(frozen=True)
class Town:
    """The shops of `punchcard demo` with their history; everybody's password is PASSWORD."""

    context: Context
    address: str
    clock: ManualClock
    _api: Api
    _tokens: dict[str, str] = field(default_factory=dict)

    def token(self, email: str) -> str:
        """Sign someone in, once; returns the access token."""
        if email not in self._tokens:
            self._tokens[email] = sign_in(self.context, email, PASSWORD)
        return self._tokens[email]

    def api(self, email: str) -> Api:
        """Call the API as someone."""
        return self._api.with_token(self.token(email))


@contextmanager
def open_town(
    folder: Path, *, days: int, progress: Callable[[int], None] = lambda _days: None
) -> Iterator[Town]:
    """Live `days` of history in an empty `folder` and serve the shops until the block ends."""
    build_town(folder, days=days, progress=progress)
    with served_town(folder) as town:
        yield town


def build_town(
    folder: Path, *, days: int, progress: Callable[[int], None] = lambda _days: None
) -> None:
    """Live `days` of history in an empty `folder`."""
    DemoFolder(folder).build(now=MONDAY_MORNING, days=days, progress=progress)


@contextmanager
def served_town(folder: Path) -> Iterator[Town]:
    """Serve the shops that were built in `folder` until the block ends."""
    clock = ManualClock(MONDAY_MORNING)
    demo = DemoFolder(folder)
    port = free_port()
    settings = replace(
        demo.settings(f"http://127.0.0.1:{port}"),
        oidc_issuer=NO_PROVIDER,
        oidc_client_id="punchcard",
        oidc_name="Acme",
    )
    with ExitStack() as stack:
        context = stack.enter_context(closing(build_context(settings, clock=clock)))
        address = stack.enter_context(served(create_app(context), port=port))
        client = stack.enter_context(caller(address))
        yield Town(context, address, clock, Api(client), _open_new_shops(context))


def _open_new_shops(context: Context) -> dict[str, str]:
    """Open two shops at the beginning of the guide; returns their owners' access tokens."""
    empty = cast.open_shop(context, "salon-zoe", "Coiffeur Zoé")
    begun = cast.open_shop(context, "velo-max", "Vélo Max")
    shelf.program(begun, stamp_reward=None)
    return {shop.email("owner"): shop.token() for shop in (empty, begun)}
