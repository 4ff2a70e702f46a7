"""Writes `docs/formats/registry.openapi.json`: what the public registry answers.

A test compares the file with the application, and the application with the file.
"""

import json
from pathlib import Path

from anzheng.clock import SystemClock
from anzheng.published_pki import PublishedDesk
from anzheng.registry import RegistryParts, create_registry
from anzheng.store.database import Store

PLACE = Path(__file__).parents[1] / "docs" / "formats" / "registry.openapi.json"


def description() -> str:
    """Return the description as text."""
    nowhere = Path("/nonexistent")
    parts = RegistryParts(
        store=Store(f"sqlite:///{nowhere}", read_only=True),
        clock=SystemClock(),
        trust_folder=nowhere,
        log_folder=nowhere,
        certificates=PublishedDesk(nowhere),
        older=lambda *_: None,
        pings=(),
    )
    return json.dumps(create_registry(parts).openapi(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    PLACE.write_text(description(), "utf-8")
    print(f"registry: {PLACE.relative_to(Path.cwd())}")
