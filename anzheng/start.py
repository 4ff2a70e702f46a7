"""The program `anzheng`: all of it, or, in a plain install, what its verifier can do alone."""

import sys
from importlib.util import find_spec

AUTHORITY = ("structlog", "sqlalchemy", "pydantic_settings")
"""Packages of the extras without which the commands of an authority cannot even be listed."""


def main() -> None:
    """Run the command line and leave with its exit code."""
    if all(map(_is_there, AUTHORITY)):
        from anzheng.cli import main as whole  # noqa: PLC0415 - needs the extras

        whole()
        return
    from verifier.__main__ import main as alone  # noqa: PLC0415 - the plain install

    sys.exit(alone(name="anzheng"))


def _is_there(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ImportError:
        return False
