"""`python -m verifier.report_file.draw FOLDER`: draw one large report, and end."""

import sys
from pathlib import Path

from licence.errors import AnzhengError
from verifier.report_file.typesetting import PAGES, Typesetter


def main(folder: Path) -> int:
    """Draw what a folder holds into `pages.pdf`; return the exit code."""
    try:
        (folder / PAGES).write_bytes(Typesetter().draw(folder))
    except (AnzhengError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
