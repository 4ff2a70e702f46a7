"""The plain install (licence and verifier) runs with the packages of requirements/verifier.txt."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

# Runs the verifier's command line in an interpreter that refuses every other distribution.
SCRIPT = """
import re, runpy, sys
from importlib.abc import MetaPathFinder
from importlib.metadata import packages_distributions

def plain(name):
    return re.sub("[-_.]+", "-", name).lower()

allowed = set(sys.argv[1].split(","))
owners = {top: {plain(d) for d in found} for top, found in packages_distributions().items()}
refused = {top for top, found in owners.items() if not found & allowed}

class Refuse(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in refused:
            raise ModuleNotFoundError(f"not in the plain install: {name}", name=name)
        return None

sys.meta_path.insert(0, Refuse())
sys.argv = sys.argv[2:]
if sys.argv[0] == "verifier":
    runpy.run_module("verifier", run_name="__main__")
else:
    from anzheng.start import main
    main()
"""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["verifier", "--help"], "--offline"),
        (["verifier", "trust", "--help"], "import"),
        (["anzheng", "--help"], "--install-completion"),
        (["anzheng", "verify", "--help"], "--offline"),
        (["anzheng", "trust", "import", "--help"], "--first-root"),
    ],
)
def test_the_verifier_runs_on_the_plain_install(words: list[str], said: str) -> None:
    text = (ROOT / "requirements" / "verifier.txt").read_text("utf-8")
    names = {line.partition("==")[0] for line in text.splitlines() if "==" in line}
    assert {"cryptography", "tuf", "pikepdf"} <= names
    assert not {"web3", "sqlalchemy", "typst", "fastapi"} & names
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, ",".join([*names, "anzheng"]), *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert said in done.stdout
