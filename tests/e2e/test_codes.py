"""Codes and copies on the command line, from the authority's key to the verifier's word."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from anzheng.cli import run
from tests.e2e.conftest import Told
from wallet.cli import PASSWORD_VARIABLE

SAMPLES = Path(__file__).parents[2] / "samples"
AUTHORITY = "1121000000TXT10121"
OFFICERS = ("--officer", f"{AUTHORITY}-1", "--officer", f"{AUTHORITY}-2")


def test_a_copy_out_of_the_demos_wallet(
    told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = re.search(r"password of the demo's wallet .*: (\S+)", told.text)
    assert shown is not None
    monkeypatch.setenv(PASSWORD_VARIABLE, shown[1])
    copy, trust = str(tmp_path / "bid.copy.json"), str(told.folder / "trust")
    limits = ("--recipient", "某招标中心(示例)", "--purpose", "投标")
    wallet = str(told.folder / "wallet")
    assert run(["wallet", "copy", *limits, "--out", copy, "--wallet", wallet]) == 0
    judged = ["verify", copy, "--offline", "--trust", trust]
    assert run(judged) == 0
    assert run([*judged, "--recipient", "某招标中心(示例)"]) == 0
    assert run([*judged, "--recipient", "另一家机构(示例)"]) == 1
    value = json.loads(Path(copy).read_bytes())
    altered = tmp_path / "altered.copy.json"
    altered.write_bytes(Path(copy).read_bytes().replace("投标".encode(), "贷款".encode()))
    assert value["purpose"] == "投标"
    assert run(["verify", str(altered), "--offline", "--trust", trust]) == 1


def test_the_authoritys_data_codes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, roster = str(tmp_path / "home"), str(SAMPLES / "bad_roster.json")

    def anzheng(*words: str, code: int = 0) -> Any:  # noqa: ANN401 - JSON
        capsys.readouterr()
        assert run(["--data-dir", home, *words, "--json"]) == code, words
        return json.loads(capsys.readouterr().out)

    anzheng("authority", "create", roster)
    anzheng("import", roster, code=1)
    statement = str(tmp_path / "release.json")
    anzheng("release", "draft", AUTHORITY, statement)
    for officer in (1, 2):
        anzheng("release", "sign", statement, "--officer", f"{AUTHORITY}-{officer}")
    anzheng("release", "submit", statement)
    anzheng("issue")
    out, trust = tmp_path / "out", tmp_path / "trust"
    assert anzheng("qr", "make", "--out", str(out), code=1)["code"] == "KEY_LOCKED"
    (first, _) = anzheng("export", str(out))
    assert not (out / "codes").exists(), "an authority without a QR key has no codes"
    init = ("authority", "keys", "init", AUTHORITY, "--purpose", "qr", "--place", "机房(示例)")
    anzheng(*init, *OFFICERS)
    anzheng("export", str(out))
    anzheng("trust", "export", str(trust))
    text = (out / "codes" / f"{Path(first['file']).stem}.qr.txt").read_text()
    judged = ["verify", "--text", text, "--offline", "--trust", str(trust)]
    assert run(judged) == 0
    assert run(["verify", "--text", text[:-8] + "AAAAAAAA", *judged[3:]]) == 1
    (made, _) = anzheng("qr", "make", "--out", str(tmp_path / "labels"))
    assert [Path(path).suffix for path in made["files"]] == [".txt", ".svg", ".svg"]
    # Under another address nothing is made or published, until somebody says that it moved.
    monkeypatch.setenv("ANZHENG_PUBLIC_URL", "http://127.0.0.1:9")
    for refused in (
        ("trust", "publish"),
        ("trust", "renew"),
        ("worker", "--once"),
        ("authority", "keys", "rotate", *init[3:], *OFFICERS),
    ):
        assert anzheng(*refused, code=1)["code"] == "SETTINGS_INVALID"
    anzheng("trust", "export", str(trust))
    assert run(judged) == 0
    anzheng("trust", "publish", "--new-address")
    anzheng("trust", "export", str(trust))
    assert run(judged) == 0
    decision = str(tmp_path / "decision.json")
    words = ["status", "decide", "revoked", first["leaf"], "--decision", decision]
    more = ["--officer", f"{AUTHORITY}-1", "--document", "(示例)1号", "--ground", "示例"]
    anzheng(*words, *more)
    anzheng("status", "confirm", decision, "--officer", f"{AUTHORITY}-2")
    anzheng("trust", "publish")
    anzheng("trust", "export", str(trust))
    assert run(judged) == 1
    capsys.readouterr()
