"""The passes that the bench measures are those of a card, with its stamps drawn."""

from io import BytesIO
from zipfile import ZipFile

from bench.passes import make_first_pass, pass_mill
from punchcard.fakes.apple_chain import make_chain


def test_a_measured_pass_is_whole_and_its_own_cards() -> None:
    mill = pass_mill(make_chain())

    with ZipFile(BytesIO(mill.make(7))) as archive:
        names = set(archive.namelist())

    assert {"pass.json", "manifest.json", "signature", "logo.png", "strip.png"} <= names
    assert mill.files(7) != mill.files(8)


def test_the_first_pass_of_a_process_is_made_once() -> None:
    assert make_first_pass()() > 1000
