"""Makes `tests/compat/v1` anew: `python -m tests.compat.generate`.

Each topic is a module `generate_<topic>.py` beside this one with a function `files()` that returns
the bytes of its files by their path below `v1/`, always the same bytes. Once the first release is
out, a difference in `v1/` is a broken promise, not an update: see `docs/formats/README.md`.
"""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).parent
TARGET = HERE / "v1"
PREFIX = "generate_"


def topics() -> tuple[str, ...]:
    """Return the names of all topics."""
    return tuple(sorted(path.stem.removeprefix(PREFIX) for path in HERE.glob(f"{PREFIX}*.py")))


def files(topic: str) -> Mapping[str, bytes]:
    """Return what one topic's files must be."""
    made: Mapping[str, bytes] = import_module(f"tests.compat.{PREFIX}{topic}").files()
    return made


def main() -> None:
    """Write all files of all topics."""
    for topic in topics():
        for name, data in files(topic).items():
            path = TARGET / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


if __name__ == "__main__":
    main()
