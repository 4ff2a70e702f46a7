"""Make requirements/*.txt anew: exact versions, hashes, no address of a registry.

uv is installed for this into a throw-away environment, from its own hashed list.
"""

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "requirements"
OPTIONS = [
    "--quiet",
    "--universal",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-header",
    "--no-annotate",
    "--upgrade",
]


def run(*command: str | Path) -> None:
    """Run a command and stop when it fails."""
    subprocess.run([str(part) for part in command], cwd=ROOT, check=True)


def main() -> None:
    """Resolve the largest list first; the smaller ones take its versions."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        run(
            Path(folder, "bin", "python"),
            *("-m", "pip", "install", "--quiet", "--require-hashes"),
            *("-r", FOLDER / "tools.txt"),
        )
        compile_list = (Path(folder, "bin", "uv"), "pip", "compile", *OPTIONS)
        dev = FOLDER / "dev.txt"
        run(*compile_list, "--extra", "dev", "pyproject.toml", "-o", dev)
        same = ("-c", os.path.relpath(dev, ROOT))
        run(*compile_list, "--extra", "all", *same, "pyproject.toml", "-o", FOLDER / "all.txt")
        run(*compile_list, *same, "pyproject.toml", "-o", FOLDER / "verifier.txt")
        run(*compile_list, "requirements/tools.in", "-o", FOLDER / "tools.txt")
    for path in sorted(FOLDER.glob("*.txt")):
        if "://" in path.read_text("utf-8"):
            sys.exit(f"lock: {path.name} names an address; nothing of a registry may be in it")
        print(f"lock: {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
