"""`punchcard demo`: three invented shops with a history, ready to be tried out."""

from typing import TYPE_CHECKING, Annotated

import typer

from punchcard.cli.serve import Host, Port, run_server
from punchcard.cli.server_lock import only_server
from punchcard.cli.support import CommandFailed

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from punchcard.context import Context
    from punchcard.demo.folder import DemoFolder
    from punchcard.kit.settings import Settings

_DAYS = 90
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Remove the demonstration that is there; start over.")
    ] = False,
    days: Annotated[int, typer.Option(min=1, max=365, help="How much history to make.")] = _DAYS,
    is_for_everybody: Annotated[
        bool,
        typer.Option(
            "--public-passwords",
            help="Listen beyond this machine, although everybody knows the passwords.",
        ),
    ] = False,
) -> None:
    """Make three invented shops with a history, tell how to get in, and serve them.

    They live in the folder `demo` of the data directory, apart from a real shop's data.
    """
    from rich.console import Console

    from punchcard.db.migrate import upgrade
    from punchcard.demo.folder import DemoFolder
    from punchcard.demo.welcome import print_welcome
    from punchcard.kit.settings import data_dir

    if not is_for_everybody:
        _refuse_other_machines(host)
    _refuse_taken_port(host, port)
    console = Console()
    folder = DemoFolder(data_dir())
    if fresh and folder.is_built:
        with only_server(folder.settings()):
            folder.remove()
    if not folder.is_built:
        _build(folder, days)
    local_url = _base_url(host, port)
    settings = folder.settings(local_url)
    with only_server(settings):
        upgrade(settings.database_url)
        print_welcome(console, folder, settings)
        if host not in _LOOPBACK:
            console.print(
                "[bold red]These passwords are known to everybody.[/] "
                f"Whoever reaches {host} can use this demonstration."
            )
        console.print("Stop with Ctrl-C. Start over with: punchcard demo --fresh\n")
        _serve(folder, settings, local_url, host=host, port=port)
    console.print("Stopped. The demonstration is kept for the next time.")


def _serve(
    folder: "DemoFolder", settings: "Settings", local_url: str, *, host: str, port: int
) -> None:
    """Serve the shops until somebody stops it, with wallets and a web shop that are played."""
    from punchcard.demo.wallets import demo_wallets
    from punchcard.demo.web_shop_page import with_web_shop

    with demo_wallets(folder.wallets, settings, local_url) as wallets:

        def around(app: "ASGIApp", context: "Context") -> "ASGIApp":
            return with_web_shop(wallets.around(app, context), context, folder.web_shop())

        run_server(host=host, port=port, settings=wallets.settings, around=around)


def _build(folder: "DemoFolder", days: int) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    from punchcard.kit.clock import SystemClock

    console = Console(stderr=True)
    if folder.was_interrupted:
        console.print("An earlier start was interrupted; beginning again.")
    columns = (
        "[progress.description]{task.description}",
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    now = SystemClock().now()
    try:
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task("Days of three shops", total=days + 1)
            operations = folder.build(
                now=now, days=days, progress=lambda done: progress.update(task, completed=done)
            )
    except KeyboardInterrupt:
        raise CommandFailed("Interrupted. The next start begins again.") from None
    seconds = (SystemClock().now() - now).total_seconds()
    console.print(f"The till has taken {operations:,} operations in {seconds:.0f} seconds.")


def _refuse_other_machines(host: str) -> None:
    if host not in _LOOPBACK:
        raise CommandFailed(
            f"Whoever reaches {host} could use this demonstration: its passwords and PINs are known"
            " to everybody. Keep it to this machine (leave out --host), or add --public-passwords."
        )


def _refuse_taken_port(host: str, port: int) -> None:
    """Find out before anything is built or removed: another demonstration may be running."""
    import os
    import socket

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family):
            pass
    except OSError as error:
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        raise CommandFailed(
            f"Cannot listen on {host}, port {port}: {why}. Choose another with --port."
        ) from None


def _base_url(host: str, port: int) -> str:
    reachable = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 told, not bound
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"
