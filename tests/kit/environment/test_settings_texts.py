"""Variables as systemd, shells and containers hand them over."""

from pathlib import Path

import pytest

from punchcard.kit.environment.reading import SettingsError
from punchcard.kit.settings import Settings, data_dir, load_settings, unknown_variables

SECRETS = {
    "PUNCHCARD_SECRET_KEY": "a secret of 32 characters at least",
    "PUNCHCARD_PIN_PEPPER": "a pepper of 32 characters at least",
}


def loaded(folder: Path, **variables: str) -> Settings:
    """Return the settings of these variables, without the prefix, in a folder of their own."""
    named = {f"PUNCHCARD_{name}": text for name, text in variables.items()}
    return load_settings({"PUNCHCARD_DATA_DIR": str(folder), **SECRETS, **named})


def test_a_tilde_is_the_home_folder_where_no_shell_has_put_it_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    settings = loaded(tmp_path, DATA_DIR="~/shop")

    assert settings.data_dir == tmp_path / "shop"
    assert settings.database_url == f"sqlite:///{tmp_path}/shop/punchcard.db"
    assert data_dir({"PUNCHCARD_DATA_DIR": "~/shop"}) == tmp_path / "shop"
    at_home = loaded(tmp_path, DATABASE_URL="sqlite:///~/x.db")
    assert at_home.database_url == f"sqlite:///{tmp_path}/x.db"
    (tmp_path / "key").write_text("k" * 40)
    assert loaded(tmp_path, SECRET_KEY_FILE="~/key").secret_key == "k" * 40


def test_a_home_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"PUNCHCARD_DATA_DIR.*no such home"):
        loaded(tmp_path, DATA_DIR="~nobody-of-that-name/shop")


@pytest.mark.parametrize(
    "text", ["$HOME/shop", "${HOME}/shop", "/srv/$SHOP", "%APPDATA%/shop", "/srv/$SHOP/data"]
)
def test_a_variable_that_no_shell_filled_in_is_refused(tmp_path: Path, text: str) -> None:
    for name, written in (("DATA_DIR", text), ("DATABASE_URL", f"sqlite:///{text}")):
        with pytest.raises(SettingsError, match=rf"PUNCHCARD_{name}.*no variable is filled in"):
            loaded(tmp_path, **{name: written})


@pytest.mark.parametrize("name", ["price-in-$", "100%", "a$b", "$100", "50%-off%"])
def test_a_sign_that_is_part_of_a_name_stays(tmp_path: Path, name: str) -> None:
    assert loaded(tmp_path, DATA_DIR=str(tmp_path / name)).data_dir == tmp_path / name


def test_a_relative_path_is_told_as_a_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert loaded(tmp_path, DATA_DIR="shop").data_dir == tmp_path / "shop"
    named = loaded(tmp_path, DATABASE_URL="sqlite:///a/b.db")
    assert named.database_url == f"sqlite:///{tmp_path}/a/b.db"


@pytest.mark.parametrize("text", ['"{}"', "'{}'", "  {}  ", "{}\r"])
def test_quotes_and_blanks_around_a_value_are_not_part_of_it(tmp_path: Path, text: str) -> None:
    settings = loaded(
        tmp_path, BASE_URL=text.format("https://cards.example"), TILL_BATCH_LIMIT=text.format(7)
    )
    assert (settings.base_url, settings.till_batch_limit) == ("https://cards.example", 7)


def test_a_variable_that_is_empty_is_not_set(tmp_path: Path) -> None:
    settings = loaded(tmp_path, BASE_URL="", TILL_BATCH_LIMIT=" ", DATABASE_URL="")
    assert settings.base_url == Settings.base_url
    assert settings.till_batch_limit == Settings.till_batch_limit
    assert data_dir({"PUNCHCARD_DATA_DIR": ""}) == Settings.data_dir
    # But no proxy at all is a choice.
    assert loaded(tmp_path, TRUSTED_PROXIES="").trusted_proxies == ""


def test_a_secret_is_taken_as_it_is(tmp_path: Path) -> None:
    chosen = ' "a secret that begins and ends with quotes" '
    assert loaded(tmp_path, SECRET_KEY=chosen).secret_key == chosen


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("TILL_BATCH_LIMIT", "many", "not a number"),
        ("TILL_BATCH_LIMIT", "-1", "not 0 or more"),
        ("SMTP_TIMEOUT_SECONDS", "nan", "not 0 or more"),
        ("LOG_LEVEL", "chatty", "DEBUG, INFO, WARNING, ERROR"),
        ("CORS_ORIGINS", "https://a.example, *", "'*' is no origin"),
        ("CORS_ORIGINS", "null", "'null' is no origin"),
        ("CORS_ORIGINS", "https://u:hidden@a.example", "'a.example' is no origin"),
        ("WEBHOOK_ALLOWED_NETWORKS", "192.168.1.1/24", "has host bits set"),
        ("DATABASE_URL", "mysql://u:hidden@db/shop", "sqlite:/// or postgresql://"),
        ("DATABASE_URL", "postgresql://u:hid/den@db/shop", "%2F"),
        ("DATABASE_URL", "sqlite:shop.db", "sqlite:///path"),
        ("DATABASE_URL", "postgresql://u:hidden@one:5432,two:x/shop", "cannot be read"),
        ("DATABASE_READ_URL", "postgresql://u:hidden@replica/shop", "SQLite has no replicas"),
        ("SECRET_KEY_FILE", "/nowhere/key", "cannot read /nowhere/key"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_variable(
    tmp_path: Path, name: str, text: str, told: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        loaded(tmp_path, **{name: text})
    assert f"PUNCHCARD_{name}" in str(refused.value)
    assert told in str(refused.value)
    assert "hid" not in str(refused.value)


def test_levels_of_the_log_are_taken_in_small_letters(tmp_path: Path) -> None:
    assert loaded(tmp_path, LOG_LEVEL="warning").log_level == "WARNING"


def test_a_variable_that_nobody_reads_is_named_with_the_one_that_is_meant() -> None:
    variables = {
        "PUNCHCARD_BASE_ULR": "x",
        "PUNCHCARD_SECRET_KEY_FILES": "x",
        "punchcard_data_dir": "x",
        "PUNCHCARD_DATA_DIR": "x",
        "PUNCHCARD_SECRET_KEY_FILE": "x",
        "PUNCHCARD_BANANA": "x",
        "PUNCHCARD_TEST_FUZZ_SEED": "x",
        "OTHER_BASE_ULR": "x",
    }
    found = {one.name: one.nearest for one in unknown_variables(variables)}
    assert found == {
        "PUNCHCARD_BANANA": None,
        "PUNCHCARD_BASE_ULR": "PUNCHCARD_BASE_URL",
        "PUNCHCARD_SECRET_KEY_FILES": "PUNCHCARD_SECRET_KEY_FILE",
        "punchcard_data_dir": "PUNCHCARD_DATA_DIR",
    }


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://cards.example", "https://cards.example"),
        ("HTTPS://Cards.Example:443/", "https://cards.example"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
        ("https://bäckerei.example/", "https://bäckerei.example"),
    ],
)
def test_the_address_is_kept_as_browsers_send_it(tmp_path: Path, address: str, kept: str) -> None:
    assert loaded(tmp_path, BASE_URL=address).base_url == kept


@pytest.mark.parametrize(
    "address",
    [
        "cards.example",
        "//cards.example",
        "ftp://cards.example",
        "https://",
        "https://user@cards.example",
        "https://user:hidden@cards.example",
        "https://cards.example/loyalty",
        "https://cards.example/loyalty/",
        "https://cards.example/?shop=1",
        "https://cards.example?",
        "https://cards.example/#top",
        "https://cards.example:port",
        "https://two words.example",
    ],
)
def test_an_address_at_which_no_page_would_work_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(SettingsError, match="PUNCHCARD_BASE_URL") as refused:
        loaded(tmp_path, BASE_URL=address)
    assert "hidden" not in str(refused.value)
