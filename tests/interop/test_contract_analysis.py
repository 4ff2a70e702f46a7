"""What other programs say of the contract: coverage, static analysis, proofs, many cases.

Each runs in a copy of the folder, so that they do not take each other's compiled files away.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = ROOT / "contracts"
BIN = CONTRACTS / "node_modules" / ".bin"
FORGE = BIN / "forge"
ANALYSERS = ROOT / ".analysers" / "bin"
SLITHER, HALMOS = ANALYSERS / "slither", ANALYSERS / "halmos"

LEAST_COVERED = 98.0
FUZZ_CALLS = 10_000
SLOW_FUZZ_CALLS = 1_000_000

RUNS = re.compile(r"\[PASS\] testFuzz_\w+\([^)]*\) \(runs: (\d+)")
INVARIANTS = re.compile(r"\[PASS\] invariant_\w+\(\) \(runs: (\d+), calls: (\d+), reverts: (\d+)\)")
COVERED = re.compile(r"^\| (\S+) +\| +([\d.]+)% [^|]*\| +[\d.]+% [^|]*\| +([\d.]+)% ", re.MULTILINE)
REFUTED = re.compile(r"\[FAIL\][^ ]* wrong_\w+\(")
FALSE_ON_PURPOSE = ("wrong_suspendedNeverReturns", "wrong_nothingIsConfirmed")
PROVED = re.compile(r"\[PASS\][^ ]* (check_\w+)\(")

PATIENT = ("--solver-timeout-assertion", "20m")
"""For a question to the solver, which is one process among many."""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the contract's sources and tests."""
    for name in ("src", "test"):
        shutil.copytree(CONTRACTS / name, tmp_path / name)
    for name in ("foundry.toml", "solc-shim.cjs"):
        shutil.copy(CONTRACTS / name, tmp_path / name)
    (tmp_path / "node_modules").symlink_to(CONTRACTS / "node_modules")
    return tmp_path


def run(folder: Path, *command: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    path = f"{BIN}{os.pathsep}{ANALYSERS}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": path, **more},
    )


@pytest.mark.tools("node", str(FORGE))
def test_tests_cover_lines_and_branches(copy: Path) -> None:
    command = ("coverage", "--report", "summary", "--no-match-coverage", "test/|node_modules")
    fewer = {"FOUNDRY_FUZZ_RUNS": "64", "FOUNDRY_INVARIANT_RUNS": "1"}
    done = run(copy, FORGE, *command, **fewer)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    rows = {row[0]: (float(row[1]), float(row[2])) for row in COVERED.findall(done.stdout)}
    for name in ("src/LicenceRegistry.sol", "src/StatusRules.sol", "Total"):
        lines, branches = rows[name]
        assert lines >= LEAST_COVERED, f"{name}: lines {lines} %"
        assert branches >= LEAST_COVERED, f"{name}: branches {branches} %"


@pytest.mark.tools("node", str(FORGE), str(SLITHER))
def test_slither_finds_nothing_of_weight(copy: Path) -> None:
    report = copy / "slither.json"
    done = run(copy, SLITHER, ".", "--filter-paths", "node_modules", "--json", report)
    assert report.exists(), done.stderr[-4000:]
    answer = json.loads(report.read_text())
    assert answer["success"], answer["error"]
    found = answer["results"].get("detectors", [])
    assert found, "slither always remarks on something low; did it look?"
    heavy = [each["description"] for each in found if each["impact"] in ("High", "Medium")]
    assert not heavy, "\n".join(heavy)


@pytest.mark.tools("node", str(FORGE), str(HALMOS))
def test_halmos_proves_the_rule_for_every_word_and_choice(copy: Path) -> None:
    built = run(copy, FORGE, "build", "--ast")
    assert built.returncode == 0, built.stderr[-4000:]
    proved = run(copy, HALMOS, "--function", "check_", "--no-status", *PATIENT)
    assert proved.returncode == 0, proved.stdout[-4000:]
    assert set(PROVED.findall(proved.stdout)) == {
        "check_spread",
        "check_onlyAllowedTransitions",
        "check_allowedTransitionIsTaken",
        "check_changed",
        "check_finalNeverReturns",
        "check_suspend",
        "check_reinstate",
        "check_finalChange",
    }
    # It must also find what is false, or it looked at nothing.
    refuted = run(copy, HALMOS, "--function", "wrong_", "--no-status", *PATIENT)
    assert refuted.returncode != 0
    assert len(REFUTED.findall(refuted.stdout)) == len(FALSE_ON_PURPOSE), refuted.stdout[-4000:]


def fuzz_calls(output: str) -> int:
    """Return how many random calls forge made; each invariant is a sequence of its own."""
    calls = sum(int(runs) for runs in RUNS.findall(output))
    for _, sequence, reverts in INVARIANTS.findall(output):
        assert reverts == "0"
        calls += int(sequence)
    return calls


@pytest.mark.tools("node", str(FORGE))
def test_forge_tests_pass_and_forge_makes_the_same_bytes(copy: Path) -> None:
    done = run(copy, FORGE, "test")
    assert done.returncode == 0, done.stdout[-4000:]
    built = json.loads((copy / "out" / "LicenceRegistry.sol" / "LicenceRegistry.json").read_text())
    artifact = json.loads((CONTRACTS / "artifacts" / "LicenceRegistry.json").read_text())
    assert built["bytecode"]["object"] == artifact["bytecode"]
    assert len(INVARIANTS.findall(done.stdout)) == 3
    assert fuzz_calls(done.stdout) >= FUZZ_CALLS


@pytest.mark.slow
@pytest.mark.tools("node", str(FORGE))
def test_forge_tries_a_million_calls(copy: Path) -> None:
    done = run(copy, FORGE, "test", FOUNDRY_PROFILE="slow")
    assert done.returncode == 0, done.stdout[-4000:]
    assert fuzz_calls(done.stdout) >= SLOW_FUZZ_CALLS
