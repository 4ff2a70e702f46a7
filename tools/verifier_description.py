"""Writes `docs/formats/verifier.openapi.json`: what the verifier's service answers.

A test compares the file with the application, and the application with the file.
"""

import json
from pathlib import Path

from tests.fakes.verifier_service import QuickEngine, service

PLACE = Path(__file__).parents[1] / "docs" / "formats" / "verifier.openapi.json"


def description() -> str:
    """Return the description as text."""
    with service(None, QuickEngine()) as made:
        return json.dumps(made.app.openapi(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    PLACE.write_text(description(), "utf-8")
    print(f"verifier: {PLACE.relative_to(Path.cwd())}")
