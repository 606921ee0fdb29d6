"""`punchcard serve` and `punchcard worker`: the processes that run a shop."""

import logging
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from punchcard.cli.server_lock import only_server
from punchcard.cli.support import CommandFailed, opened_context, ready_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from starlette.types import ASGIApp

    from punchcard.context import Context
    from punchcard.kit.settings import Settings

    Around = Callable[[ASGIApp, Context], ASGIApp]

Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")]

# Threads hand the interpreter to each other this often: the till's answers must not wait behind
# a long turn of the event loop.
_SWITCH_SECONDS: Final = 0.001
# A list of operations makes thousands of objects that all live until it is answered, and hardly
# anything here goes round in circles: looking through them every 700 costs a tenth of the time.
_COLLECT_AFTER: Final = (20_000, 20, 20)
_GRACE_SECONDS: Final = 30
# A child that does not answer for so long is replaced. While many start on few processors, or one
# reads in a thread that holds the interpreter, five seconds (uvicorn's own) are a slow answer.
_HEALTH_SECONDS: Final = 60

_log = logging.getLogger(__name__)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("serve")(serve)
    app.command("worker")(work)


def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Server processes; more than one needs PostgreSQL.")
    ] = 1,
    has_worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Do the work that changes leave, too.")
    ] = True,
) -> None:
    """Serve the API until stopped. An embedded database is made and migrated first."""
    import gc

    from punchcard.kit.settings import load_settings

    # Until the server is put together everything that is made stays: there is nothing to collect,
    # and looking for it three times is a sixth of the start.
    gc.disable()
    settings = load_settings()
    refuse_unsafe(settings)
    if workers > 1:
        # This process only watches over the others.
        gc.enable()
    if workers > 1 and settings.is_embedded:
        raise CommandFailed(
            "SQLite is served by one process. For more, set PUNCHCARD_DATABASE_URL to PostgreSQL."
        )
    # Before anything is migrated: the server that runs may be of an older version.
    with only_server(settings):
        ready_settings()
        _warn_of_settings(settings)
        run_server(host=host, port=port, workers=workers, has_worker=has_worker)


def work(
    metrics_port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Tell figures at this port of this machine."),
    ] = None,
) -> None:
    """Do the work that changes leave, apart from the server (run that with --no-worker)."""
    import signal

    from punchcard.api.metrics.worker_page import worker_page
    from punchcard.kit.environment.allocator import keep_memory_small
    from punchcard.kit.settings import load_settings
    from punchcard.main import create_worker

    refuse_unsafe(load_settings())
    keep_memory_small()
    with opened_context() as context:
        if context.settings.is_embedded:
            raise CommandFailed(
                "With SQLite the server does this work itself: one process writes the file."
            )
        _warn_of_settings(context.settings)
        worker = create_worker(context)

        def stop(_number: int, _frame: "FrameType | None") -> None:
            worker.ask_to_stop()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        page = worker_page(context, metrics_port) if metrics_port else nullcontext()
        with page:
            worker.run()


def refuse_unsafe(settings: "Settings") -> None:
    """Raise CommandFailed for secrets that can be guessed, and for a public address over http.

    Raises SettingsError for traces without their packages.
    """
    from punchcard.kit.environment.kept_secrets import SECRETS_OF_DATABASE
    from punchcard.kit.environment.own_address import is_open_to_strangers
    from punchcard.kit.environment.reading import PREFIX
    from punchcard.kit.security.weak_secrets import HOW_TO_MAKE_ONE, weakness
    from punchcard.kit.tracing.set_up import check_packages

    for name in SECRETS_OF_DATABASE:
        if (why := weakness(getattr(settings, name))) is not None:
            raise CommandFailed(
                f"{PREFIX}{name.upper()} {why}: whoever guesses it can make cards' codes, sessions"
                f" of staff and PINs. {HOW_TO_MAKE_ONE}. A database that was filled with the old"
                ' one keeps it beside: see "Change the keys" in docs/operations.md.'
            )
    check_packages(settings)
    if is_open_to_strangers(settings.base_url) and settings.allow_http != "yes":
        raise CommandFailed(
            f"{PREFIX}BASE_URL is {settings.base_url}: cards, PINs and passwords would travel"
            " readable for anyone on the way. Put a proxy with https in front and write its"
            f" address; or, if you know what you do, set {PREFIX}ALLOW_HTTP=yes."
        )


def _warn_of_settings(settings: "Settings") -> None:
    """Say at each start what works, and is hardly what is meant."""
    from punchcard.kit.environment.own_address import is_readable_on_the_way
    from punchcard.kit.logs import configure_logs
    from punchcard.kit.settings import unknown_variables

    configure_logs(settings.log_level, settings.log_format)
    for variable in unknown_variables():
        _log.warning("%s", variable.sentence)
    if is_readable_on_the_way(settings.base_url):
        _log.warning(
            "BASE_URL is %s: cards, PINs and passwords travel readable for anyone on the way.",
            settings.base_url,
        )


def run_server(
    *,
    host: str,
    port: int,
    workers: int = 1,
    has_worker: bool = True,
    settings: "Settings | None" = None,
    around: "Around | None" = None,
) -> None:
    """Run the server in this process, or in `workers` processes of their own.

    `settings` serve it in this process instead of the environment's; then `around` may put
    something about the application.
    """
    import signal

    import uvicorn

    from punchcard.api.metrics.process_group import group_folder
    from punchcard.cli.quiet_group import run_group_quietly
    from punchcard.cli.quiet_server import run_quietly
    from punchcard.kit.settings import load_settings

    factory = "punchcard.cli.serve:make_app" if has_worker else "punchcard.cli.serve:make_bare_app"
    given = (
        partial(_app, does_work=has_worker, settings=settings, around=around) if settings else None
    )
    settings = settings or load_settings()
    http = _bounded_http(settings)
    signal.signal(signal.SIGTERM, _leave)
    options = server_options(settings)
    where: dict[str, Any] = {"host": host, "port": port, "http": http, "factory": True, **options}
    if workers == 1:
        run_quietly(uvicorn.Config(given or factory, **where))
        return
    with group_folder():
        run_group_quietly(uvicorn.Config(given or factory, workers=workers, **where))


def server_options(settings: "Settings") -> dict[str, Any]:
    """Return how the server behaves, whatever it serves and wherever: `uvicorn.Config` takes it."""
    return {
        # Nothing here speaks it, and it would come in past the bounds.
        "ws": "none",
        # Punchcard logs requests itself: uvicorn's own lines would show card tokens.
        "access_log": False,
        "log_config": None,
        "server_header": False,
        "forwarded_allow_ips": settings.trusted_proxies,
        "timeout_keep_alive": settings.keep_alive_seconds,
        "timeout_graceful_shutdown": _GRACE_SECONDS,
        "timeout_worker_healthcheck": _HEALTH_SECONDS,
    }


def _bounded_http(settings: "Settings") -> Any:
    """Return the protocol of connections. Raises CommandFailed where there is no httptools.

    uvicorn would go on without it, with a protocol that has no bounds.
    """
    try:
        from punchcard.api.http.http_protocol import protocol_of
    except ModuleNotFoundError as error:
        if error.name != "httptools":
            raise
        raise CommandFailed(
            "The package httptools is missing, which bounds what clients send."
            " Install it: pip install httptools"
        ) from error
    return protocol_of(settings)


def _leave(_number: int, _frame: "FrameType | None") -> None:
    # uvicorn stops in good order at this signal and then raises it once more, against whoever
    # started it: without this the process would end as if it had been struck down.
    raise SystemExit(0)


def make_app() -> "ASGIApp":
    """Return the application of one server process, with a worker in it."""
    return _app(does_work=True)


def make_bare_app() -> "ASGIApp":
    """Return the application of one server process that leaves the work to others."""
    return _app(does_work=False)


def _app(
    *, does_work: bool, settings: "Settings | None" = None, around: "Around | None" = None
) -> "ASGIApp":
    import gc

    gc.disable()
    _end_with_parent()
    from punchcard.api.metrics.families import packed
    from punchcard.api.metrics.process_figures import process_figures
    from punchcard.api.metrics.process_group import ProcessGroup, folder_of, is_possible
    from punchcard.context import build_context
    from punchcard.kit.environment.allocator import keep_memory_small
    from punchcard.kit.logs import configure_logs
    from punchcard.kit.settings import load_settings
    from punchcard.main import create_app, create_worker

    settings = settings or load_settings()
    configure_logs(settings.log_level, settings.log_format)
    keep_memory_small()
    context = build_context(settings)
    group = ProcessGroup()
    if (parent := _parent()) is not None and is_possible():
        group.join(folder_of(parent), lambda: packed(process_figures(context)))
    worker = create_worker(context, does_work=does_work)
    app = create_app(context, worker=worker, process_group=group)
    if around is not None:
        app = around(app, context)
    settle_in()
    return app


def _parent() -> int | None:
    """Return the number of the process that started this one as a child of `--workers`."""
    import multiprocessing

    parent = multiprocessing.parent_process()
    return parent.pid if parent is not None else None


def _end_with_parent() -> None:
    """Let a child of `--workers` stop in good order once the process that started it is gone.

    Killed in cold blood, that one tells nobody; its children would serve on, and keep the port.
    """
    import multiprocessing
    import threading

    parent = multiprocessing.parent_process()
    if parent is not None:
        watch = threading.Thread(
            target=_leave_after, args=(parent.sentinel,), name="parent", daemon=True
        )
        watch.start()


def _leave_after(sentinel: int) -> None:
    import os
    import signal
    from multiprocessing.connection import wait

    wait([sentinel])
    _log.error("The process that started this one is gone; stopping.")
    os.kill(os.getpid(), signal.SIGTERM)


def settle_in() -> None:
    """Set the interpreter for a server that has been put together: threads, and the collector."""
    import gc
    import sys

    sys.setswitchinterval(_SWITCH_SECONDS)
    # What was loaded so far lives as long as the process: the collector need not look at it.
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    gc.enable()
