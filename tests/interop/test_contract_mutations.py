"""A contract with a mistake in it does not pass its tests: each rule that matters is taken out."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

CONTRACTS = Path(__file__).parents[2] / "contracts"
FORGE = CONTRACTS / "node_modules" / ".bin" / "forge"

FEW = {
    "FOUNDRY_FUZZ_RUNS": "60",
    "FOUNDRY_INVARIANT_RUNS": "1",
    "FOUNDRY_INVARIANT_DEPTH": "100",
}

MUTATIONS = (
    ("LicenceRegistry", "if (proposer == msg.sender) revert SameAccount(msg.sender);", ""),
    ("LicenceRegistry", "_settle(authority, id, proposer, PROPOSAL_CONFIRMED);", ""),
    ("LicenceRegistry", "if (used > entry.dailyCap) revert DailyCapReached(entry.dailyCap);", ""),
    ("LicenceRegistry", "change < least || ", ""),
    ("LicenceRegistry", "entry.capDay < day", "entry.capDay <= day"),
    ("LicenceRegistry", "_append(Kind.Confirmed,", "_append(Kind.Proposed,"),
    ("LicenceRegistry", "if (batches[key].time != 0) revert AlreadyAnchored(key);", ""),
    ("LicenceRegistry", "& bit != 0) revert SuccessorUsed", "& bit > bit) revert SuccessorUsed"),
    ("RegistryDelegation", "block.timestamp > entry.until", "block.timestamp >= entry.until"),
    ("RegistryDelegation", "entry.rights & right == 0 || ", ""),
    ("RegistryDelegation", "_requireNotStopped(principal);", "{}"),
    ("RegistryDelegation", "deputy == principal || ", ""),
    ("RegistryProposals", "block.timestamp <= _time(value) + PROPOSAL_LIFETIME", "true"),
    ("RegistryProposals", "PROBES = 8", "PROBES = 7"),
    ("RegistryProposals", "_isOpen(value) && _holds", "_holds"),
    ("RegistryAdministration", "if (s.frozenAt != 0) revert Frozen();", ""),
    ("RegistryAdministration", "entry.authority != 0 && entry.authority != authority", "false"),
    ("RegistryAdministration", "both || rights >=", "rights >="),
    ("StatusRules", "allowed = ~(bit2 & bit0);", "allowed = type(uint256).max;"),
    ("RegistryHistory", "add(sload(slot), 1)", "add(sload(slot), 2)"),
    ("InclusionProof", "sn == 0 && node == root", "node == root"),
)


@pytest.mark.slow
@pytest.mark.tools("node", str(FORGE))
@pytest.mark.parametrize(
    ("name", "rule", "instead"), MUTATIONS, ids=[each[1] for each in MUTATIONS]
)
def test_mistake_is_noticed(tmp_path: Path, name: str, rule: str, instead: str) -> None:
    for folder in ("src", "test"):
        shutil.copytree(CONTRACTS / folder, tmp_path / folder)
    for file in ("foundry.toml", "solc-shim.cjs"):
        shutil.copy(CONTRACTS / file, tmp_path / file)
    (tmp_path / "node_modules").symlink_to(CONTRACTS / "node_modules")
    source = tmp_path / "src" / f"{name}.sol"
    text = source.read_text()
    assert text.count(rule) == 1, "the rule is written otherwise now"
    source.write_text(text.replace(rule, instead))
    done = subprocess.run(
        [str(FORGE), "test"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **FEW},
    )
    assert "Compiler run successful" in done.stdout, done.stdout[-2000:]
    assert "[FAIL" in done.stdout, "no test noticed it"
