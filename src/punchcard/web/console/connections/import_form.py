"""The form that says what the columns of a file are, and how it writes numbers and days."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from punchcard.connect.imports.models import CardImport
from punchcard.connect.imports.vocabulary import DateOrder, ImportField
from punchcard.kit.i18n import N_
from punchcard.loyalty.vocabulary import ProgramType
from punchcard.web.pages.forms import Form

SOURCE_CHARACTERS: Final = 500
_SAMPLE_CHARACTERS: Final = 80
_BY_TYPE: Final = {ProgramType.STAMPS: ImportField.POINTS, ProgramType.POINTS: ImportField.STAMPS}
"""What cards of a type do not collect."""


class FileColumn(NamedTuple):
    """A column of a file: the form's field that says what it is, its heading, its first cells."""

    name: str
    heading: str
    samples: list[str]


def columns_of(row: CardImport, samples: Sequence[Sequence[str]]) -> list[FileColumn]:
    """Return the columns as the form shows them."""
    return [
        FileColumn(
            f"column-{place}",
            heading,
            [cells[place][:_SAMPLE_CHARACTERS] for cells in samples if place < len(cells)],
        )
        for place, heading in enumerate(row.headings)
    ]


def fields_for(type: ProgramType) -> list[ImportField]:
    """Return what a column may be, for cards of a type of program."""
    return [field for field in ImportField if field != _BY_TYPE.get(type)]


def initial_of(row: CardImport) -> dict[str, Any]:
    """Return what the form shows: what was found out, or said before."""
    told: dict[str, Any] = {f"column-{place}": field for field, place in row.mapping.items()}
    return told | {
        "decimal": row.decimal,
        "date_order": row.date_order,
        "consent_source": row.consent_source or "",
    }


def said_in(form: Form, row: CardImport, type: ProgramType) -> Mapping[str, Any]:
    """Return what a form says of a file, for its preview; faults stand in the form."""
    mapping: dict[str, int] = {}
    options = [str(field) for field in fields_for(type)]
    for place in range(len(row.headings)):
        name = f"column-{place}"
        field = form.choice(name, options, required=False)
        if field is None:
            continue
        if field in mapping:
            form.fault(name, N_("Another column is this already."))
        else:
            mapping[field] = place
    return {
        "mapping": mapping,
        "decimal": form.choice("decimal", (",", ".")),
        "date_order": form.choice("date_order", [str(one) for one in DateOrder]),
        "consent_source": form.text("consent_source", required=False, limit=SOURCE_CHARACTERS),
    }
