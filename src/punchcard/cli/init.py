"""`punchcard init`: five or six questions, a file of settings, and what to do next."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from punchcard.cli.support import CommandFailed, Json, say

if TYPE_CHECKING:
    from punchcard.kit.settings import Settings

_SECRET_FILES: Final = ("secret_key", "pin_pepper", "log_key")
_BARE_ADDRESS: Final = "http://127.0.0.1:8000"
Check = Callable[[str], str]
"""Takes an answer, and gives it as it is kept; raises SettingsError or CommandFailed."""
Ask = Callable[[str, str | None, str, Check], str]
"""Takes a question, what was given as an option, what else is taken, and what tries an answer."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("init")(init)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What an operator says about their server; empty is none."""

    address: str
    data_dir: str
    database: str
    mail_server: str
    mail_from: str
    admin: str


def init(
    file: Annotated[Path, typer.Option("--file", help="The file of settings to write.")] = Path(
        "punchcard.env"
    ),
    *,
    address: Annotated[
        str | None, typer.Option(help="Where customers reach it, such as https://cards.example.")
    ] = None,
    data_dir: Annotated[
        str | None, typer.Option(help="The folder for database, secrets and backups.")
    ] = None,
    database: Annotated[
        str | None, typer.Option(help="postgresql://user:password@host/name; SQLite if empty.")
    ] = None,
    mail_server: Annotated[
        str | None, typer.Option(help="smtp://user:password@host:587; no mail if empty.")
    ] = None,
    mail_from: Annotated[str | None, typer.Option(help="The sender of mails.")] = None,
    admin: Annotated[
        str | None, typer.Option(help="The e-mail address of who looks after the platform.")
    ] = None,
    asks: Annotated[
        bool, typer.Option("--ask/--no-ask", help="Ask for what is not given as an option.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Ask five or six questions and write a file of settings, with the secrets that it needs.

    The sender of mails is asked for where there is a mail server.

    The file is its owner's alone, and one that is there is left alone. Every setting is in
    docs/operations.md; `punchcard --settings FILE COMMAND` uses the file, and so does systemd's
    EnvironmentFile. Others can read what stands behind --database while the command runs.
    """
    if file.exists():
        raise CommandFailed(f"{file} is there already; nothing was written.")
    answers = _answers(
        _ask if asks and not as_json else _take_default,
        address=address,
        data_dir=data_dir,
        database=database,
        mail_server=mail_server,
        mail_from=mail_from,
        admin=admin,
    )
    settings, secrets = _written(file, answers)
    steps = _next_steps(file, settings, answers)
    facts: dict[str, Any] = {"file": str(file), "secrets": secrets, "next": steps}
    say(facts, as_json=as_json, text=_text(file, secrets, steps))


def _answers(
    ask: Ask,
    *,
    address: str | None,
    data_dir: str | None,
    database: str | None,
    mail_server: str | None,
    mail_from: str | None,
    admin: str | None,
) -> Answers:
    """Ask in turn for what was not given as an option."""
    where = ask(
        "Where do customers reach it (https://…)", address, _BARE_ADDRESS, _trying("BASE_URL")
    )
    folder = ask("Folder for database, secrets and backups", data_dir, "punchcard-data", _try_none)
    kept_in = ask(
        "PostgreSQL address (none: SQLite, one file)", database, "", _trying("DATABASE_URL")
    )
    server = ask(
        "Mail server, smtp://user:password@host:587 (none)", mail_server, "", _trying("SMTP_URL")
    )
    sender = ""
    if server:
        sender = ask("Sender of mails", mail_from, _sender_at(where), _trying("MAIL_FROM"))
    return Answers(
        address=where,
        data_dir=folder,
        database=kept_in,
        mail_server=server,
        mail_from=sender,
        admin=ask("E-mail address of who looks after it (none)", admin, "", _try_email),
    )


def _ask(question: str, given: str | None, default: str, check: Check) -> str:
    """Ask until the answer can be used; what was given as an option is taken or refused."""
    from punchcard.kit.environment.reading import SettingsError

    while given is None:
        told: str = typer.prompt(question, default=default, show_default=bool(default), err=True)
        try:
            return check(told.strip())
        except (SettingsError, CommandFailed) as error:
            typer.echo(str(error), err=True)
    return check(given.strip())


def _take_default(_question: str, given: str | None, default: str, check: Check) -> str:
    return check(default if given is None else given.strip())


def _trying(name: str) -> Check:
    """Return what tries the answer to one question as a setting. It raises SettingsError."""

    def check(answer: str) -> str:
        from tempfile import TemporaryDirectory

        from punchcard.kit.environment.kept_secrets import SECRETS_OF_DATABASE
        from punchcard.kit.mail import build_mailer
        from punchcard.kit.settings import load_settings

        if not answer:
            return answer
        # One of the two is no mailer yet.
        told = {"SMTP_URL": "smtp://localhost", "MAIL_FROM": "no-reply@localhost"}
        told = {**(told if name in told else {}), name: answer}
        no_secrets: dict[str, Any] = dict.fromkeys(SECRETS_OF_DATABASE, "not made yet")
        prefixed = {f"PUNCHCARD_{setting}": value for setting, value in told.items()}
        # Settings make the folder that they name, and the question for it may still be to come.
        with TemporaryDirectory() as nowhere:
            tried = load_settings({**prefixed, "PUNCHCARD_DATA_DIR": nowhere}, **no_secrets)
        build_mailer(tried)
        return answer

    return check


def _try_none(answer: str) -> str:
    return answer


def _try_email(answer: str) -> str:
    from punchcard.kit.validation import contacts
    from punchcard.kit.validation.invalid import InvalidValue

    try:
        return contacts.email(answer) if answer else answer
    except InvalidValue:
        raise CommandFailed(f"{answer} is no e-mail address.") from None


def _sender_at(address: str) -> str:
    from urllib.parse import urlsplit

    return f"Punchcard <no-reply@{urlsplit(address).hostname or 'localhost'}>"


def _written(file: Path, answers: Answers) -> "tuple[Settings, list[str]]":
    """Try the settings, make the secrets, and write the file; raise SettingsError before it is."""
    from punchcard.kit.environment.kept_secrets import SECRETS_OF_DATABASE
    from punchcard.kit.environment.settings_file import line_of
    from punchcard.kit.mail import build_mailer
    from punchcard.kit.private_files import write_private_text
    from punchcard.kit.settings import load_settings

    folder = Path(answers.data_dir).expanduser().absolute()
    told = {
        "PUNCHCARD_BASE_URL": answers.address,
        "PUNCHCARD_DATA_DIR": str(folder),
        "PUNCHCARD_DATABASE_URL": answers.database,
        "PUNCHCARD_SMTP_URL": answers.mail_server,
        "PUNCHCARD_MAIL_FROM": answers.mail_from,
    }
    told = {name: value for name, value in told.items() if value}
    # Whatever is wrong with the answers is told before anything is made.
    no_secrets: dict[str, Any] = dict.fromkeys(SECRETS_OF_DATABASE, "not made yet")
    build_mailer(load_settings(told, **no_secrets))
    made = _secrets_in(folder)
    if answers.database:
        # With SQLite the server looks there by itself.
        told |= {f"PUNCHCARD_{name.upper()}_FILE": str(folder / name) for name in _SECRET_FILES}
    settings = load_settings(told)
    lines = ["# Settings of Punchcard; docs/operations.md tells all there are."]
    lines += [line_of(name, value) for name, value in told.items()]
    write_private_text(file, "\n".join(lines) + "\n")
    return settings, made


def _secrets_in(folder: Path) -> list[str]:
    """Make the secrets that are not there yet, and return the paths of all."""
    from punchcard.kit.environment.kept_secrets import SECRETS_OF_DATABASE, kept_secret
    from punchcard.kit.private_files import make_private_folder, write_private_text
    from punchcard.loyalty.transparency.signing.signed_notes import new_private_key

    make_private_folder(folder)
    for name in SECRETS_OF_DATABASE:
        kept_secret(folder / name)
    key = folder / "log_key"
    if not key.exists():
        write_private_text(key, new_private_key())
    return [str(folder / name) for name in _SECRET_FILES]


def _next_steps(file: Path, settings: "Settings", answers: Answers) -> list[str]:
    from shlex import quote

    program = f"punchcard --settings {quote(str(file))}"
    steps = [] if settings.is_embedded else [f"{program} migrate"]
    if answers.admin:
        steps.append(f"{program} admin create --email {quote(answers.admin)}")
    shop = "vendor create --name SHOP --slug shop --email OWNER --currency EUR"
    return [*steps, f"{program} {shop}", f"{program} doctor", f"{program} serve"]


def _text(file: Path, secrets: list[str], steps: list[str]) -> str:
    told = "\n".join(f"    {step}" for step in steps)
    return (
        f"Wrote {file}, readable by you alone. Keep a copy of these in another safe place:"
        f" {', '.join(secrets)}.\nNext:\n{told}\n"
        "Wallets, off until they are set up: docs/wallets.md. Backups: docs/backups.md."
    )
