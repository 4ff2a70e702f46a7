"""What is committed about the contract is what its sources make."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

CONTRACTS = Path(__file__).parents[2] / "contracts"
ANVIL = CONTRACTS / "node_modules" / ".bin" / "anvil"
SOLC = CONTRACTS / "node_modules" / "solc" / "solc.js"


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=CONTRACTS, capture_output=True, text=True, check=False)


@pytest.mark.tools("node", str(SOLC))
def test_committed_artifact_is_what_the_compiler_makes() -> None:
    done = run(sys.executable, str(CONTRACTS / "compile.py"), "--check")
    assert done.returncode == 0, "make abi, and commit"


@pytest.mark.tools(str(ANVIL))
def test_committed_gas_table_is_what_the_contract_costs() -> None:
    done = run(sys.executable, str(CONTRACTS / "gas.py"), "--check")
    assert done.returncode == 0, f"python contracts/gas.py, and commit. {done.stderr[-2000:]}"


def test_contract_fits_into_the_limit_of_every_chain() -> None:
    artifact = json.loads((CONTRACTS / "artifacts" / "LicenceRegistry.json").read_text())
    assert len(artifact["runtime"]) // 2 - 1 <= 24_576, "EIP-170"


def test_storage_layout_is_the_one_that_proofs_were_made_for() -> None:
    """Moving a member would break every `eth_getProof` that was kept."""
    storage = json.loads((CONTRACTS / "artifacts" / "LicenceRegistry.json").read_text())["storage"]
    slots = {member["label"]: (member["slot"], member["offset"]) for member in storage["members"]}
    assert slots == {
        "sequence": (0, 0),
        "frozenAt": (0, 8),
        "paused": (0, 13),
        "pausedAuthorities": (0, 14),
        "head": (1, 0),
        "successor": (2, 0),
        "accounts": (3, 0),
        "authorities": (4, 0),
        "batches": (5, 0),
        "status": (6, 0),
        "lanes": (7, 0),
        "successors": (8, 0),
        "delegations": (9, 0),
    }
    assert storage["namespace"] == "anzheng.licence-registry.v1"
