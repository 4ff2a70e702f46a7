"""The watch file against its schema."""

import json
from pathlib import Path

import jsonschema
import pytest

from anchor.monitor import watch
from anchor.monitor.watch import WatchKey
from licence.ids import Digest, Leaf
from tests.fakes.anchoring import AUTHORITY, REGISTRY

SCHEMA = json.loads(
    (Path(__file__).parents[3] / "docs" / "formats" / "schemas" / "watch.schema.json").read_text()
)
KEY = WatchKey(REGISTRY, AUTHORITY, Digest(b"\1" * 32), "某化工厂", (Leaf(b"\2" * 32),))


def test_schema_and_reader_agree() -> None:
    value = json.loads(watch.encode([KEY, KEY]))
    jsonschema.validate(value, SCHEMA)
    for wrong in (
        {**value, "extra": 1},
        {**value, "watch": [{**value["watch"][0], "leaves": ["00"]}]},
        {**value, "watch": [{**value["watch"][0], "label": ""}]},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, SCHEMA)
        with pytest.raises(Exception, match="REQUEST_INVALID"):
            watch.decode(json.dumps(wrong).encode())
