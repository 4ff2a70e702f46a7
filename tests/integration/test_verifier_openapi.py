"""The verifier's service does what its description promises: schemathesis asks what that allows."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance, unsupported_method

from tests.fakes.verifier_service import QuickEngine, service
from tools.verifier_description import PLACE, description
from verifier.service.app import create_service


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """A service that says at once that it cannot tell."""
    home = tmp_path_factory.mktemp("service")
    lots: dict[str, Any] = {
        "address_per_minute": 10_000_000,
        "address_per_day": 10_000_000,
        "batches": 10_000,
    }
    with service(home, QuickEngine(), **lots) as made:
        # The client here begins and ends the application with each request.
        yield create_service(replace(made.opened.parts, begin=(), end=()))


def operations() -> list[str]:
    """Return the addresses of the description that is committed."""
    return sorted(json.loads(PLACE.read_bytes())["paths"])


def test_the_description_is_the_one_that_is_committed() -> None:
    told = "python -m tools.verifier_description"
    assert PLACE.read_text("utf-8") == description(), told


@pytest.mark.parametrize("path", operations())
def test_answers_are_as_described(app: FastAPI, path: str) -> None:
    schema = schemathesis.openapi.from_asgi("/v1/openapi.json", app)
    for method in schema[path]:
        operation = schema[path][method]

        @given(case=operation.as_strategy())
        @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
        def check(case: schemathesis.Case[Any]) -> None:
            # That a text is no code, or a file no ZIP, stands in no schema: refusing it is right.
            case.call_and_validate(excluded_checks=[positive_data_acceptance, unsupported_method])

        check()
