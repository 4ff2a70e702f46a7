"""`make bench` measures codes that are valid: one that is not would end the whole run."""

import pytest

from tools.bench import codes


def test_every_code_of_the_bench_is_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "TIMES", 1)
    names = [each.name for each in codes.measures()]
    assert names == ["qr_ms", "qr_screen_ms", "qr_answer_ms", "copy_ms"]
