"""Runs `pyhanko sign validate` over many files in one process: starting one is what takes time.

    python -m tests.interop.ask_pyhanko ROOT FILE...

One line of JSON a file, in the same order: {"code": exit code, "said": what it printed}.
"""

import json
import logging
import sys

from click.testing import CliRunner
from pyhanko.cli import cli_root

OPTIONS = ("--trust-replace", "--no-revocation-check", "--pretty-print")
"""No word of revocation: the command would have to fetch it."""


def main(root: str, *files: str) -> None:
    """Ask about each file."""
    for file in files:
        # Each run adds a handler that writes to the terminal of that run.
        logging.getLogger().handlers.clear()
        done = CliRunner().invoke(cli_root, ["sign", "validate", "--trust", root, *OPTIONS, file])
        print(json.dumps({"code": done.exit_code, "said": done.output}))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
