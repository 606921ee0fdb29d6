"""The document says what the server does."""

import json
import re
from typing import Any

import pytest
from fastapi import FastAPI

from punchcard.api.http import openapi
from punchcard.api.http.routing import serve_routers
from punchcard.main import ROUTERS


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """Make the document of the framework's own routes."""
    app = FastAPI()
    serve_routers(app, ROUTERS)
    openapi.install(app)
    return app.openapi()


def test_every_operation_tells_its_refusals(document: dict[str, Any]) -> None:
    create = document["paths"]["/api/v1/vendor/users"]["post"]

    assert set(create["responses"]) == {
        "201",
        "400",
        "401",
        "403",
        "409",
        "413",
        "422",
        "429",
        "503",
    }
    for status, response in create["responses"].items():
        if status != "201":
            schema = response["content"]["application/problem+json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Problem"}


def test_whatever_names_a_thing_or_takes_a_body_tells_its_refusals(
    document: dict[str, Any],
) -> None:
    paths = document["paths"]
    ask = paths["/api/v1/loyalty/apple/v1/devices/{device_library_id}/registrations/{pass_type_id}"]

    assert "404" in ask["get"]["responses"]
    assert "413" not in ask["get"]["responses"]
    assert "413" in paths["/api/v1/auth/logout"]["post"]["responses"]


def test_every_operation_tells_who_may_use_it(document: dict[str, Any]) -> None:
    create = document["paths"]["/api/v1/vendor/users"]["post"]
    sign_in = document["paths"]["/api/v1/auth/token"]["post"]

    assert create["security"] == [{"bearer": []}]
    assert create["description"].endswith("Needs `vendor:own`.")
    assert "security" not in sign_in
    assert "429" in sign_in["responses"]
    assert "bearer" in document["components"]["securitySchemes"]


def test_changes_of_a_vendor_take_an_idempotency_key(document: dict[str, Any]) -> None:
    names = [
        parameter["name"]
        for parameter in document["paths"]["/api/v1/vendor/users"]["post"]["parameters"]
    ]

    assert names == ["Idempotency-Key"]


def test_fields_that_may_be_left_out_are_not_said_to_be_null(document: dict[str, Any]) -> None:
    change = document["components"]["schemas"]["UserChange"]

    assert "required" not in change
    assert change["properties"]["name"]["type"] == "string"
    assert "default" not in change["properties"]["name"]


def test_components_bear_the_names_of_things(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]

    assert {"Vendor", "Program", "Listed_Vendor_"} <= set(schemas)
    assert [name for name in schemas if "Schema" in name] == []
    assert [name for name, schema in schemas.items() if "Schema" in schema.get("title", "")] == []
    assert schemas["Listed_Vendor_"]["properties"]["items"]["items"] == {
        "$ref": "#/components/schemas/Vendor"
    }


def test_every_reference_leads_to_a_component(document: dict[str, Any]) -> None:
    wanted = set(re.findall(r"#/components/schemas/([^\"]+)", json.dumps(document)))

    assert wanted <= set(document["components"]["schemas"])
    assert len(wanted) > 50


def test_two_components_of_one_name_stop_the_document() -> None:
    document: dict[str, Any] = {"components": {"schemas": {"VendorSchema": {}, "Vendor": {}}}}

    with pytest.raises(LookupError, match="would be called Vendor"):
        openapi.with_public_names(document)
