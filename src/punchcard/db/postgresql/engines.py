"""Engines of PostgreSQL: the pool of requests, that of the till, and that of a replica."""

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import InvalidatePoolError

from punchcard.db.failures import READ_ONLY
from punchcard.db.limits import DatabaseLimits, WorkKind
from punchcard.db.postgresql.addresses import engine_address, has_several_hosts, libpq_address
from punchcard.db.postgresql.host_watch import CONNECT_SECONDS_OF_SEVERAL, HostWatch
from punchcard.db.postgresql.replica import Replica

if TYPE_CHECKING:
    from punchcard.db.postgresql.patient_connection import Patience, PatientConnection

_CONNECT_SECONDS: Final = 5
_FOR_ALL: Final = "-c timezone=UTC -c jit=off"
_FOR_THE_REPLICA: Final = "-c default_transaction_read_only=on"

# Every statement of the till finds its rows by keys, and its text never changes: one plan serves
# permanently, and no plan may read a whole table, which looks cheap while a shop is small.
_FOR_THE_TILL: Final = (
    "-c plan_cache_mode=force_generic_plan"
    " -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
)


def engine_of_requests(
    address: str, pool_size: int, limits: DatabaseLimits, hosts: HostWatch
) -> Engine:
    """Return the engine of all but the till; a connection is asked whether it lives before use."""
    options = limits.by_work[WorkKind.REQUEST].as_options()
    engine = _engine(address, pool_size, options, limits)
    _prepare(engine, limits.patience(), hosts)
    _ask_before_use(engine)
    return engine


def engine_of_the_till(
    address: str, pool_size: int, limits: DatabaseLimits, hosts: HostWatch
) -> Engine:
    """Return the till's engine.

    It asks nothing before: a connection that died shows at its first statement, and what was not
    done is told to be tried again.
    """
    options = f"{limits.by_work[WorkKind.TILL].as_options()} {_FOR_THE_TILL}"
    engine = _engine(address, pool_size, options, limits)
    # The till's threads have no kind of work of their own: whatever is done there is the till's.
    _prepare(engine, dict.fromkeys(WorkKind, limits.patience()[WorkKind.TILL]), hosts)
    return engine


def replica_of(
    address: str, read_url: str, pool_size: int, limits: DatabaseLimits, lag_limit_seconds: float
) -> Replica:
    """Return the replica at `read_url` of the primary at `address`."""
    options = f"{limits.by_work[WorkKind.REQUEST].as_options()} {_FOR_THE_REPLICA}"
    engine = _engine(read_url, pool_size, options, limits, session="prefer-standby")
    _prepare(engine, limits.patience(), None)
    _ask_before_use(engine)
    parameters = {"connect_timeout": CONNECT_SECONDS_OF_SEVERAL, **limits.for_client()}
    addresses = (address, libpq_address(engine.url))
    return Replica(engine, addresses, parameters, lag_limit_seconds=lag_limit_seconds)


def _engine(
    address: str,
    pool_size: int,
    options: str,
    limits: DatabaseLimits,
    *,
    session: str = "read-write",
) -> Engine:
    url = engine_address(address, session=session)
    seconds = CONNECT_SECONDS_OF_SEVERAL if has_several_hosts(url) else _CONNECT_SECONDS
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=4,
        pool_timeout=10,
        hide_parameters=True,
        connect_args={
            "connect_timeout": seconds,
            "options": f"{_FOR_ALL} {options} {limits.for_server()}",
            **limits.for_client(),
        },
    )


def _ask_before_use(engine: Engine) -> None:
    """Leave a connection, and all of the pool that are as old, that does not answer soon.

    SQLAlchemy's own question would be waited for as long as a statement may take.
    """

    @event.listens_for(engine, "checkout")
    def _ask(raw: "PatientConnection", *_: Any) -> None:
        if not raw.answers():
            raise InvalidatePoolError


def _prepare(engine: Engine, patience: "Patience", hosts: HostWatch | None) -> None:
    """Wait for answers as long as `patience` says, read ids as the texts they are here, and keep
    values out of what errors say.

    The server quotes the key that is taken: it may be someone's e-mail address, and what errors
    say ends up in logs.
    """

    @event.listens_for(engine, "do_connect")
    def _make_connection(*asked: Any) -> Any:
        from punchcard.db.postgresql.patient_connection import connect_patiently

        _dialect, _record, where, how = asked
        return connect_patiently(patience, *where, hosts=hosts, **how)

    @event.listens_for(engine, "connect")
    def _read_ids_as_text(raw: Any, _record: Any) -> None:
        from psycopg.types.string import TextLoader

        raw.adapters.register_loader("uuid", TextLoader)

    @event.listens_for(engine, "handle_error")
    def _leave_read_only_server(context: ExceptionContext) -> None:
        # What was the primary may have become a standby: the next connection is made to whichever
        # is the primary then.
        if getattr(context.original_exception, "sqlstate", None) == READ_ONLY:
            context.is_disconnect = True

    @event.listens_for(engine, "handle_error")
    def _hide_values(context: ExceptionContext) -> None:
        detail = getattr(getattr(context.original_exception, "diag", None), "message_detail", None)
        if not detail:
            return
        for error in (context.original_exception, context.sqlalchemy_exception):
            if error is not None:
                error.args = tuple(
                    part.replace(detail, "(hidden)") if isinstance(part, str) else part
                    for part in error.args
                )
