"""An authority on a QBFT network: evidence on seals, and status proofs for who has no network."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from anchor.chain.devnet import Devnet, running
from anzheng.cli import run
from licence.formats import cms, evidence, hole
from licence.formats.evidence import QbftEvidence
from licence.ids import ChainId
from tests.fakes.devchain import ANVIL
from tests.fakes.qbft import Sealing, addresses, keys
from tests.fakes.qbft_node import VALIDATORS, QbftNode, serving

pytestmark = pytest.mark.tools(str(ANVIL))

SAMPLES = Path(__file__).parents[2] / "samples"
ROSTER = str(SAMPLES / "bad_roster.json")
AUTHORITY = "1121000000TXT10121"


class Shell:
    """Runs commands on one data folder and reads their JSON."""

    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self._capsys = capsys

    def __call__(self, *words: str, code: int = 0) -> Any:  # noqa: ANN401 - JSON
        self._capsys.readouterr()
        found = run(["--data-dir", str(self.home), *words, "--json"])
        said = self._capsys.readouterr()
        assert found == code, (words, said)
        return json.loads(said.out)


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path / "home", capsys)


@pytest.fixture
def node(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Iterator[QbftNode]:
    """Set an authority up on a trial chain, which then is one node of a network of four."""
    shell("authority", "create", ROSTER)
    devnet = Devnet(ANVIL, shell.home / "chain", ChainId(31337))
    with running(devnet):
        made = QbftNode(devnet.url)
        with serving(made) as url:
            monkeypatch.setenv("ANZHENG_CHAIN_DEVNET", "false")
            monkeypatch.setenv("ANZHENG_CHAIN_RPC_URL", url)
            monkeypatch.setenv("ANZHENG_ANCHOR_EVIDENCE", "qbft-v1")
            yield made


def pin(shell: Shell) -> None:
    given = ["0x" + one.hex() for one in addresses(VALIDATORS)]
    shell("trust", "validators", *given, "--from-block", "1")
    shell("trust", "renew")


def issue(shell: Shell, tmp_path: Path) -> None:
    statement = str(tmp_path / "release.json")
    shell("import", ROSTER, code=1)
    shell("release", "draft", AUTHORITY, statement)
    for officer in ("1", "2"):
        shell("release", "sign", statement, "--officer", f"{AUTHORITY}-{officer}")
    shell("release", "submit", statement)
    assert shell("issue")["counts"] == {"published": 2}


def verify(trust: Path, pdf: Path, *more: str, code: int) -> None:
    offline = ("--offline", "--referee", "never", "--trust", str(trust))
    assert run(["verify", str(pdf), *offline, *more]) == code


def test_licences_and_their_status_are_proved_by_the_chain_itself(
    shell: Shell, node: QbftNode, tmp_path: Path
) -> None:
    pin(shell)
    issue(shell, tmp_path)
    out, trust, proof = tmp_path / "out", tmp_path / "trust", tmp_path / "status.proof"
    files = shell("export", str(out))
    shell("trust", "export", str(trust))
    pdf, leaf = out / files[0]["file"], files[0]["leaf"]

    # 1. the file carries evidence on seals, and is valid with no network
    data = pdf.read_bytes()
    parts = cms.parse(hole.contents(data, hole.find(data)))
    assert parts.evidence is not None
    assert isinstance(evidence.decode(parts.evidence), QbftEvidence)
    verify(trust, pdf, code=0)

    # 2. without lists it is undetermined, with a status proof valid
    made = shell("status", "proof", str(proof), "--leaf", leaf)
    assert list(made["statuses"].values()) == [0]
    bare = tmp_path / "bare"
    shutil.copytree(trust, bare)
    shutil.rmtree(bare / "targets" / "lists")
    verify(bare, pdf, code=2)
    verify(bare, pdf, "--chain-proof", str(proof), code=0)

    # 3. after a suspension the old list says valid, a new proof does not
    decision = str(tmp_path / "decision.json")
    shell(
        *("status", "decide", "suspended", leaf, "--decision", decision),
        *("--officer", f"{AUTHORITY}-1", "--document", "(示例)1号", "--ground", "示例"),
    )
    made = shell("status", "proof", str(proof), "--leaf", leaf)
    assert list(made["statuses"].values()) == [1]
    verify(trust, pdf, code=0)
    verify(trust, pdf, "--chain-proof", str(proof), code=1)
    assert node.refused == []


def test_validators_are_pinned_by_people_and_compared_with_the_node(
    shell: Shell, node: QbftNode, tmp_path: Path
) -> None:
    strangers = ["0x" + one.hex() for one in addresses(keys(4, "stranger"))]
    refused = shell("trust", "validators", *strangers, "--from-block", "1", code=1)
    assert refused["code"] == "CONFLICT"
    proof = str(tmp_path / "status.proof")
    refused = shell("status", "proof", proof, "--index", "1", code=1)
    assert refused["code"] == "VALIDATORS_NOT_PINNED"
    pin(shell)
    shown = shell("trust", "show")["validators"]
    assert list(shown) == ["chain 31337 blocks 1 to …"]
    assert shown["chain 31337 blocks 1 to …"].count("0x") == 4
    again = ["0x" + one.hex() for one in addresses(VALIDATORS)]
    refused = shell("trust", "validators", *again, "--from-block", "1", code=1)
    assert refused["code"] == "REQUEST_INVALID"
    assert shell("status", "proof", proof, "--index", "1")["statuses"] == {"1": 0}
    # Another set from block 1000 on: the node says so too, and the one before ends at 999.
    newcomers = keys(7, "new")
    node.sets.append((1_000, Sealing(newcomers)))
    added = ["0x" + one.hex() for one in addresses(newcomers)]
    sets = shell("trust", "validators", *added, "--from-block", "1000")["validators"]
    assert sets == [
        {"from_block": 1, "to_block": 999, "count": 4},
        {"from_block": 1000, "to_block": None, "count": 7},
    ]
    refused = shell("trust", "validators", "0x12", "--from-block", "2000", code=1)
    assert refused["code"] == "REQUEST_INVALID"
