"""The Python client's models are those of the document; the generator refuses what it knows not."""

from typing import Any

import pytest

from tools.client_models import OPERATIONS, TO, models_of, openapi_document


@pytest.fixture(scope="module")
def document() -> Any:
    """Make the document once."""
    return openapi_document()


def test_the_models_are_those_of_the_document(document: Any) -> None:
    assert TO.read_text(encoding="utf-8") == models_of(document), "run `make client`"


def test_a_field_that_is_new_in_the_document_gets_into_the_models(document: Any) -> None:
    card = document["components"]["schemas"]["Card"]
    changed = {**card, "properties": {**card["properties"], "shoe_size": {"type": "integer"}}}
    schemas = {**document["components"]["schemas"], "Card": changed}

    written = models_of({**document, "components": {"schemas": schemas}})
    assert "    shoe_size: NotRequired[int]\n" in written


@pytest.mark.parametrize("schema", [{"allOf": []}, {"type": "file"}, {"not": {}}])
def test_what_it_does_not_know_is_refused(schema: Any, document: Any) -> None:
    card = document["components"]["schemas"]["Card"]
    schemas = {
        **document["components"]["schemas"],
        "Card": {**card, "properties": {"what": schema}},
    }
    with pytest.raises(LookupError):
        models_of({**document, "components": {"schemas": schemas}})


def test_every_operation_is_in_the_document(document: Any) -> None:
    assert [one for one in OPERATIONS if one[0] not in document["paths"].get(one[1], {})] == []
