"""Make requirements/*.txt anew: exact versions, hashes, no address of a registry.

uv is installed for this into a throw-away environment, from its own hashed list.
"""

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


def resolve(uv: Path, target: Path, *what: str) -> None:
    """Write one list."""
    run(uv, "pip", "compile", *OPTIONS, *what, "-o", target)


def main() -> None:
    """Resolve the largest list first; the smaller ones take its versions."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        run(
            Path(folder, "bin", "python"),
            *("-m", "pip", "install", "--quiet", "--require-hashes"),
            *("-r", FOLDER / "tools.txt"),
        )
        uv = Path(folder, "bin", "uv")
        resolve(uv, FOLDER / "dev.txt", "--extra", "dev", "pyproject.toml")
        same = ("-c", "requirements/dev.txt", "pyproject.toml")
        resolve(uv, FOLDER / "all.txt", "--extra", "all", *same)
        resolve(uv, FOLDER / "verifier.txt", *same)
        for name in ("tools", "analysers"):
            source = f"requirements/{name}.in"
            resolve(uv, FOLDER / f"{name}.txt", "--python-version", "3.11", source)
    for path in sorted(FOLDER.glob("*.txt")):
        if "://" in path.read_text("utf-8"):
            sys.exit(f"lock: {path.name} names an address; nothing of a registry may be in it")
        print(f"lock: {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
