"""What README.md tells people to type works."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from licence.formats.verdict import Verdict
from tests.builders import make_world

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def test_the_python_example_verifies_a_licence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world()
    (tmp_path / "licence.pdf").write_bytes(world.issue(world.version()).pdf)
    world.write_trust(tmp_path / "var" / "demo" / "trust")
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    real = "datetime.now(UTC)"
    assert example.count(real) == 1
    names = {"now_of_the_test": world.now}
    exec(example.replace(real, "now_of_the_test"), names)  # noqa: S102 - our own README
    report: object = names["report"]
    assert getattr(report, "verdict", None) is Verdict.VALID


def test_the_steps_by_hand_end_with_a_valid_licence(tmp_path: Path) -> None:
    (steps,) = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    (tmp_path / "var").mkdir()
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", steps],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "有效  valid" in done.stdout
