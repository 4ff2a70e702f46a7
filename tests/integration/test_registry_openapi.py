"""The registry does what its description promises: schemathesis asks whatever that allows."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from anzheng.store.migrate import migrate
from tests.fakes.clock import FakeClock
from tests.fakes.registry import REGISTRY, FakeRegistry
from tools.registry_description import PLACE, description

AUTHORITY = "1121000000TXT10121"
FILES = {
    "trust/metadata/timestamp.json": b"{}",
    f"trust/targets/lists/{REGISTRY}/{AUTHORITY}/0.cwt": b"cwt",
    f"trust/targets/lists/{REGISTRY}/{AUTHORITY}/0.jwt": b"jwt",
    f"trust/targets/lists/{REGISTRY}/{AUTHORITY}/0.side": b"side",
    f"trust/targets/lists/{REGISTRY}/{AUTHORITY}/0.side.jwt": b"side",
    f"trust/targets/lists/{REGISTRY}/{AUTHORITY}/aggregation.json": b"{}",
    f"public/log/{REGISTRY}/{AUTHORITY}/checkpoint": b"note\n",
    "public/pki/issuing.crl": b"list",
}


def make_app(home: Path) -> tuple[FakeRegistry, FastAPI]:
    for path, data in FILES.items():
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        (home / path).write_bytes(data)
    url = f"sqlite:///{home / 'anzheng.sqlite3'}"
    migrate(url)
    registry = FakeRegistry(home, url, FakeClock())
    registry.prepare()
    registry.sign()
    registry.anchor()
    return registry, registry.app()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """A registry with one licence and a file of most kinds."""
    registry, made = make_app(tmp_path_factory.mktemp("registry"))
    yield made
    registry.close()


def operations() -> list[str]:
    """Return the addresses of the description that is committed."""
    return sorted(json.loads(PLACE.read_bytes())["paths"])


def test_the_description_is_the_one_that_is_committed() -> None:
    told = "python -m tools.registry_description"
    assert PLACE.read_text("utf-8") == description(), told


@pytest.mark.parametrize("path", operations())
def test_answers_are_as_described(app: FastAPI, path: str) -> None:
    schema = schemathesis.openapi.from_asgi("/v1/openapi.json", app)
    for method in schema[path]:
        operation = schema[path][method]

        @given(case=operation.as_strategy())
        @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
        def check(case: schemathesis.Case[Any]) -> None:
            # A check digit or a number's province stands in no pattern: refusing it is right.
            case.call_and_validate(excluded_checks=[positive_data_acceptance])

        check()
