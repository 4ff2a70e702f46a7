"""Everything that can be called, emitted or refused says in NatSpec what it is."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

CONTRACTS = Path(__file__).parents[2] / "contracts"
SOLC = CONTRACTS / "node_modules" / "solc" / "solc.js"
BASE = "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol"


@pytest.fixture(scope="module")
def compiled() -> dict[str, Any]:
    spec = importlib.util.spec_from_file_location("compile", CONTRACTS / "compile.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    contracts: dict[str, Any] = module.compile_sources(["abi", "userdoc", "devdoc"])["contracts"]
    return contracts


def signature(entry: dict[str, Any]) -> str:
    def kind(part: dict[str, Any]) -> str:
        if not part["type"].startswith("tuple"):
            return str(part["type"])
        inner = ",".join(kind(each) for each in part["components"])
        return f"({inner}){part['type'].removeprefix('tuple')}"

    return f"{entry['name']}({','.join(kind(part) for part in entry['inputs'])})"


def documented(docs: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    """Return what is said of one entry; errors have a list, of which we take the first."""
    places = {"function": "methods", "event": "events", "error": "errors"}
    found = docs.get(places[kind], {}).get(name, {})
    return dict(found[0]) if isinstance(found, list) else dict(found)


@pytest.mark.tools("node", str(SOLC))
def test_every_entry_of_the_interface_is_documented(compiled: dict[str, Any]) -> None:
    ours = compiled["src/LicenceRegistry.sol"]["LicenceRegistry"]
    theirs = compiled[BASE]["AccessControlDefaultAdminRules"]["abi"]
    inherited = {signature(entry) for entry in theirs if "name" in entry}
    seen = 0
    for entry in ours["abi"]:
        if "name" not in entry or signature(entry) in inherited:
            continue
        name, kind = signature(entry), entry["type"]
        seen += 1
        assert documented(ours["userdoc"], kind, name).get("notice"), f"{name}: no @notice"
        said = documented(ours["devdoc"], kind, name)
        for part in entry["inputs"]:
            assert part["name"] in said.get("params", {}), f"{name}: no @param {part['name']}"
        if entry.get("outputs") and name.endswith("()") and name[0].isupper():
            continue  # a constant: its notice says it
        returns = said.get("returns", {})
        assert len(returns) == len(entry.get("outputs", [])), f"{name}: @return missing"
    assert seen > 70
