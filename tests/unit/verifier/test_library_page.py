"""The examples of docs/verifier-library.md run as they stand there."""

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from licence.formats.report import decode
from licence.formats.verdict import Verdict
from verifier import NumberText

ROOT = Path(__file__).resolve().parents[3]
GOLDEN = ROOT / "tests" / "compat" / "v1" / "whole"
THEN = datetime(2026, 11, 21, 4, 10, tzinfo=UTC)
"""When the golden files were fresh."""


def test_the_examples_run_one_after_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (ROOT / "docs" / "verifier-library.md").read_text("utf-8")
    examples = "".join(re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL))
    assert examples.count("datetime.now(UTC)") == 1
    shutil.copytree(GOLDEN / "trust", tmp_path / "trust")
    shutil.copy(GOLDEN / "good.pdf", tmp_path / "licence.pdf")
    (tmp_path / "licences").mkdir()
    for name in ("good", "revoked", "foreign"):
        shutil.copy(GOLDEN / f"{name}.pdf", tmp_path / "licences")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "__main__", "then": THEN}
    exec(examples.replace("datetime.now(UTC)", "then"), names)  # noqa: S102 - our own page
    data = names["data"]
    assert isinstance(data, bytes)
    assert decode(data).verdict is Verdict.VALID
    assert getattr(names["report"], "verdict", None) is Verdict.VALID
    assert isinstance(names["code"], NumberText)
    told = capsys.readouterr().out
    for name, verdict in (("good", "valid"), ("revoked", "invalid"), ("foreign", "foreign")):
        assert re.search(rf"'{name}\.pdf': <Verdict\.{verdict.upper()}", told), told
