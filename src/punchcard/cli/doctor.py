"""`punchcard doctor`: looks at everything a server needs, and says what to do about it."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from punchcard.cli.doctors.doctor_database import look_at_database
from punchcard.cli.doctors.doctor_replica import look_at_replica
from punchcard.cli.doctors.findings import Finding
from punchcard.cli.doctors.watching import (
    FindingChange,
    mail_changes,
    seconds_of,
    stopped_by_signal,
    watch,
)
from punchcard.cli.support import CommandFailed, Json, as_line
from punchcard.kit.clock import to_rfc3339

if TYPE_CHECKING:
    from punchcard.kit.settings import Settings
    from punchcard.wallets.platform import Complaint

_LEAST_FREE_BYTES = 1024**3
_FULL_BYTES = 64 * 1024**2


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor(
    as_json: Json = False,
    is_mending: Annotated[
        bool, typer.Option("--fix", help="Close files and folders that others may read.")
    ] = False,
    every: Annotated[
        str | None,
        typer.Option("--watch", metavar="EVERY", help="Look each 30s, 5m or 1h; tell changes."),
    ] = None,
    mail_to: Annotated[
        str | None,
        typer.Option("--mail", metavar="ADDRESS", help="With --watch: mail changes, too."),
    ] = None,
) -> None:
    """Check settings, secrets, disk and database; exit code 1 when something is wrong.

    With --watch it goes on until it is stopped, and says what is not well and what changes.
    """
    if every is not None:
        _watch(every, as_json=as_json, mail_to=mail_to, is_mending=is_mending)
        return
    if mail_to is not None:
        raise CommandFailed("--mail goes with --watch.")
    findings = _look(is_mending=is_mending)
    if as_json:
        typer.echo(as_line({"findings": [asdict(finding) for finding in findings]}))
    else:
        _print(findings)
    if any(finding.state == "error" for finding in findings):
        raise CommandFailed("Something is wrong; see above.")


def _watch(every: str, *, as_json: bool, mail_to: str | None, is_mending: bool) -> None:
    from datetime import UTC, datetime

    def tell(told: Sequence[FindingChange]) -> None:
        for one in told:
            facts = {**asdict(one), "at": to_rfc3339(one.at)}
            typer.echo(as_line(facts) if as_json else one.line)
        # Whoever reads through a pipe reads at once.
        sys.stdout.flush()
        if mail_to is not None and (why := mail_changes(told, mail_to)) is not None:
            typer.echo(f"No mail could be sent: {why}", err=True)

    seconds = seconds_of(every)
    with stopped_by_signal() as stopped:
        watch(
            partial(_look, is_mending=is_mending),
            tell,
            every_seconds=seconds,
            now=lambda: datetime.now(UTC),
            stopped=stopped,
        )


def _look(*, is_mending: bool) -> list[Finding]:
    from punchcard.kit.environment.reading import SettingsError
    from punchcard.kit.settings import load_settings

    try:
        # An address that is not possible is one of the findings.
        settings = load_settings(checks_address=False)
    except SettingsError as error:
        return [Finding("settings", "error", str(error))]
    mend = partial(_files, is_mending=is_mending)
    looks = (_settings, _secrets, _address, _proxies, _disk, mend)
    findings = [look(settings) for look in looks]
    findings += [_connections(settings), *look_at_database(settings)]
    findings.append(look_at_replica(settings))
    findings += [look(settings) for look in (_apple_wallet, _google_wallet, _mail)]
    return findings


def _secrets(settings: "Settings") -> Finding:
    from punchcard.kit.environment.kept_secrets import SECRETS_OF_DATABASE
    from punchcard.kit.security.weak_secrets import HOW_TO_MAKE_ONE, weakness

    for name in SECRETS_OF_DATABASE:
        if (why := weakness(getattr(settings, name))) is not None:
            message = (
                f"PUNCHCARD_{name.upper()} {why}: the server does not start. {HOW_TO_MAKE_ONE}."
                ' How to change it without losses: "Change the keys" in docs/operations.md.'
            )
            return Finding("secrets", "error", message)
    if settings.secret_key == settings.pin_pepper:
        return Finding("secrets", "error", "The secret key and the PIN pepper must differ.")
    message = (
        "The secret key and the PIN pepper are set and long enough. Keep a copy of both, and of the"
        " key of the log (log_key)."
    )
    return Finding("secrets", "ok", message)


def _settings(_settings: "Settings") -> Finding:
    from punchcard.kit.settings import unknown_variables

    if unknown := unknown_variables():
        told = " ".join(variable.sentence for variable in unknown)
        return Finding("settings", "warning", told)
    return Finding("settings", "ok", "Every variable that is set is a setting.")


def _address(settings: "Settings") -> Finding:
    from punchcard.kit.environment.own_address import (
        fault_of_address,
        is_open_to_strangers,
        is_readable_on_the_way,
    )

    if fault := fault_of_address(settings.base_url):
        return Finding("address", "error", f"PUNCHCARD_BASE_URL: {fault}")
    if settings.base_url.startswith("https://"):
        return Finding("address", "ok", f"Cards link to {settings.base_url}.")
    message = (
        f"Cards link to {settings.base_url}. Set PUNCHCARD_BASE_URL to the public https address."
    )
    if is_readable_on_the_way(settings.base_url):
        message += " Without https, PINs and passwords are readable for anyone on the way."
    if is_open_to_strangers(settings.base_url) and settings.allow_http != "yes":
        message += " The server does not start like this, unless PUNCHCARD_ALLOW_HTTP is yes."
        return Finding("address", "error", message)
    return Finding("address", "warning", message)


def _proxies(settings: "Settings") -> Finding:
    from punchcard.kit.settings import Settings

    trusted = settings.trusted_proxies
    if trusted.strip() == "*":
        message = (
            "PUNCHCARD_TRUSTED_PROXIES is *: anybody may say who they are, and no limit by address"
            " holds. Name your proxy's address."
        )
        return Finding("proxies", "warning", message)
    told = f"Whom a request comes from is believed of {trusted or 'nobody'}."
    if settings.base_url.startswith("https://") and trusted == Settings.trusted_proxies:
        # Nothing here speaks TLS, so there is a proxy; only the running server can see where.
        told += (
            " A proxy elsewhere must be named in PUNCHCARD_TRUSTED_PROXIES: else all customers and"
            " their phones count as one, and the log says so when they are refused."
        )
    return Finding("proxies", "ok", told)


def _disk(settings: "Settings") -> Finding:
    import os
    import shutil

    from punchcard.kit.environment.paths import sqlite_file

    database = sqlite_file(settings.database_url) if settings.is_embedded else None
    if database is None:
        return Finding("disk", "ok", "The data lies with PostgreSQL.")
    folder = database.resolve().parent
    if not folder.is_dir():
        return Finding("disk", "error", f"There is no folder {folder} for the database.")
    free = shutil.disk_usage(folder).free
    told = f"{free / 1024**3:.1f} GiB free where the data lies ({folder})."
    if free < _FULL_BYTES:
        return Finding("disk", "error", f"The disk is full: {told}")
    if not os.access(folder, os.W_OK):
        return Finding("disk", "error", f"Nothing can be written in {folder} by this user.")
    return Finding("disk", "ok" if free >= _LEAST_FREE_BYTES else "warning", told)


def _files(settings: "Settings", *, is_mending: bool) -> Finding:
    from shlex import quote

    from punchcard.kit.private_files import close_to_others, too_open

    paths = too_open(_own_paths(settings))
    if not paths:
        return Finding("files", "ok", "What Punchcard keeps is readable by its owner only.")
    told = " ".join(quote(str(path)) for path in paths)
    if not is_mending:
        return Finding(
            "files",
            "warning",
            "Others on this machine have rights to customers' data. Unless you gave them, run:"
            f" punchcard doctor --fix (or: chmod go= {told})",
        )
    try:
        for path in paths:
            close_to_others(path)
    except OSError as error:
        message = f"{error.filename} stays open to others, run this as its owner: {error.strerror}."
        return Finding("files", "warning", message)
    return Finding("files", "ok", f"Now readable by their owner only: {told}")


def _own_paths(settings: "Settings") -> list[Path]:
    """Return what Punchcard makes in its data directory and for its database, outside in."""
    from punchcard.kit.environment.paths import sqlite_file
    from punchcard.kit.settings import settings_file

    folder = settings.data_dir
    secrets = ("secret_key", "pin_pepper", "old_secret_keys", "old_pin_peppers", "log_key")
    paths = [folder, *(folder / name for name in secrets)]
    if (file := settings_file()) is not None:
        paths.append(file)
    database = sqlite_file(settings.database_url) if settings.is_embedded else None
    if database is not None:
        names = (database.name + suffix for suffix in ("", "-wal", "-shm", ".server"))
        paths += [database.with_name(name) for name in names]
    backups = folder / "backups"
    paths += [backups, *sorted(backups.glob("*")), folder / "demo", folder / "demo.unfinished"]
    return paths


def _connections(settings: "Settings") -> Finding:
    from punchcard.kit.descriptors import (
        connection_limit,
        descriptor_limit,
        live_stream_limit,
        live_streams_of_address,
    )

    descriptors = descriptor_limit()
    told = (
        f"{descriptors} open files allow {connection_limit(settings)} connections of a process,"
        f" {live_stream_limit(settings)} of them for customers' pages."
    )
    if live_stream_limit(settings) < settings.live_streams_limit:
        more = f" PUNCHCARD_LIVE_STREAMS_LIMIT is {settings.live_streams_limit}: raise ulimit -n."
        return Finding("connections", "warning", told + more)
    of_address = live_streams_of_address(settings)
    if of_address < settings.live_streams_per_address:
        more = (
            f" One address would take more than half of these pages: it gets {of_address}, not the"
            f" {settings.live_streams_per_address} of PUNCHCARD_LIVE_STREAMS_PER_ADDRESS."
        )
        return Finding("connections", "warning", told + more)
    return Finding("connections", "ok", told)


def _apple_wallet(settings: "Settings") -> Finding:
    from datetime import UTC, datetime, timedelta

    from punchcard.wallets.apple.certificates import CertificateError
    from punchcard.wallets.apple.set_up import push_faults
    from punchcard.wallets.apple.signing import load_signer
    from punchcard.wallets.platform import Complaint

    try:
        signer = load_signer(settings)
    except CertificateError as error:
        return Finding("apple wallet", "error", str(error))
    if signer is None:
        return Finding("apple wallet", "ok", "Not set up: customers are shown no link to it.")
    warning = timedelta(days=settings.apple_certificate_warning_days)
    complaints = list(signer.complaints(datetime.now(UTC), warning=warning))
    complaints += [Complaint("error", told) for told in push_faults(settings)]
    if not settings.base_url.startswith("https://"):
        message = "Phones only ask for updates at an https address: set PUNCHCARD_BASE_URL."
        complaints.append(Complaint("warning", message))
    if complaints:
        return _complained("apple wallet", complaints)
    ends = signer.certificate.not_valid_after_utc
    return Finding(
        "apple wallet",
        "ok",
        f"Signs {signer.pass_type_id} for team {signer.team_id} until {ends:%Y-%m-%d}.",
    )


def _google_wallet(settings: "Settings") -> Finding:
    from punchcard.kit.clock import SystemClock
    from punchcard.wallets.google import holder_check
    from punchcard.wallets.google.set_up import is_wanted

    if not is_wanted(settings):
        return Finding("google wallet", "ok", "Not set up: customers are shown no link to it.")
    if complaints := holder_check.complaints(settings, SystemClock()):
        return _complained("google wallet", complaints)
    return Finding(
        "google wallet",
        "ok",
        f"Google gives a token and lets it act for issuer {settings.google_issuer_id}.",
    )


def _complained(subject: str, complaints: "list[Complaint]") -> Finding:
    is_error = any(complaint.state == "error" for complaint in complaints)
    told = " ".join(complaint.message for complaint in complaints)
    return Finding(subject, "error" if is_error else "warning", told)


def _print(findings: list[Finding]) -> None:
    from rich.console import Console
    from rich.table import Table

    colours = {"ok": "green", "warning": "yellow", "error": "red"}
    table = Table(show_header=False, box=None)
    for finding in findings:
        state = f"[{colours[finding.state]}]{finding.state}[/]"
        table.add_row(state, finding.subject, finding.message)
    Console().print(table)


def _mail(settings: "Settings") -> Finding:
    from punchcard.kit.environment.reading import SettingsError
    from punchcard.kit.mail import MailServerAway, SmtpMailer, build_mailer

    try:
        mailer = build_mailer(settings)
        if isinstance(mailer, SmtpMailer):
            mailer.check()
            return Finding("mail", "ok", f"{mailer.host} takes mails from {mailer.sender}.")
    except (SettingsError, MailServerAway) as error:
        return Finding("mail", "error", str(error))
    if mailer.is_configured:
        return Finding("mail", "warning", "Mails are written to the log, links and all.")
    return Finding(
        "mail", "ok", "Not set up: no password can be reset by mail. See docs/operations.md."
    )
