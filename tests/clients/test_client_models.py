"""What is written for the clients is of the document; what a generator knows not it refuses."""

import re
from typing import Any

import pytest

from tools.clients import javascript_file
from tools.clients.document import OPERATIONS, openapi_document
from tools.clients.python_models import TO, models_of


@pytest.fixture(scope="module")
def document() -> Any:
    """Make the document once."""
    return openapi_document()


def test_the_models_are_those_of_the_document(document: Any) -> None:
    assert TO.read_text(encoding="utf-8") == models_of(document), "run `make client`"


def test_the_file_of_the_javascript_client_is_built_of_its_parts(document: Any) -> None:
    built = javascript_file.file_of(document)
    assert javascript_file.TO.read_text(encoding="utf-8") == built, "run `make client`"
    parts = {path.stem for path in (javascript_file.FOLDER / "src").glob("*.js")}
    assert parts == set(javascript_file.PARTS)
    assert set(re.findall(r"^export \w+(?: function)? (\w+)", built, re.M)) == set(
        javascript_file.PUBLIC
    )
    assert re.findall(r"^import ", built, re.M) == []


def test_a_field_that_is_new_in_the_document_gets_into_the_models(document: Any) -> None:
    card = document["components"]["schemas"]["Card"]
    larger = {**card, "properties": {**card["properties"], "shoe_size": {"type": "integer"}}}
    schemas = {**document["components"]["schemas"], "Card": larger}

    changed = {**document, "components": {"schemas": schemas}}
    assert "    shoe_size: NotRequired[int]\n" in models_of(changed)
    assert " * @property {number} [shoe_size]\n" in javascript_file.file_of(changed)


@pytest.mark.parametrize("schema", [{"allOf": []}, {"type": "file"}, {"not": {}}])
def test_what_it_does_not_know_is_refused(schema: Any, document: Any) -> None:
    card = document["components"]["schemas"]["Card"]
    schemas = {
        **document["components"]["schemas"],
        "Card": {**card, "properties": {"what": schema}},
    }
    changed = {**document, "components": {"schemas": schemas}}
    for write in (models_of, javascript_file.file_of):
        with pytest.raises(LookupError):
            write(changed)


def test_every_operation_is_in_the_document(document: Any) -> None:
    assert [one for one in OPERATIONS if one[0] not in document["paths"].get(one[1], {})] == []
