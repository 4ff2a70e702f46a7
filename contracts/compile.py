"""Compile LicenceRegistry and write, or check, the committed artifact.

The compiler gets every source inlined under the name by which it is imported, so no path of this
machine reaches it and the bytes are the same everywhere (and the same as forge makes).

    python contracts/compile.py            write artifacts/LicenceRegistry.json
    python contracts/compile.py --check    exit 1 if the committed file differs
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path, PurePosixPath
from typing import Any

from eth_utils.crypto import keccak

HERE = Path(__file__).resolve().parent
ARTIFACT = HERE / "artifacts" / "LicenceRegistry.json"
SOURCES = ("src/LicenceRegistry.sol", "src/RegistryStorage.sol")
IMPORT = re.compile(r"^import\s+(?:[^\"';]*?from\s+)?[\"']([^\"']+)[\"'];", re.MULTILINE)
SETTINGS: dict[str, Any] = {
    "evmVersion": "london",
    "metadata": {"appendCBOR": False, "bytecodeHash": "none"},
    "optimizer": {"enabled": True, "runs": 10_000},
}
OUTPUTS = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "storageLayout"]


def target_of(importer: str, name: str) -> str:
    """Return the name of an imported source as the compiler sees it."""
    if not name.startswith("."):
        return name
    parts: list[str] = []
    for part in (PurePosixPath(importer).parent / name).parts:
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return str(PurePosixPath(*parts))


def gather(name: str, sources: dict[str, dict[str, str]]) -> None:
    """Read a source and all that it imports."""
    if name in sources:
        return
    folder = HERE / "node_modules" if name.startswith("@") else HERE
    text = (folder / name).read_text(encoding="utf-8")
    sources[name] = {"content": text}
    for imported in IMPORT.findall(text):
        gather(target_of(name, imported), sources)


def compile_sources(outputs: list[str] | None = None) -> dict[str, Any]:
    """Run the compiler and return its answer, with these outputs instead of the usual."""
    sources: dict[str, dict[str, str]] = {}
    for name in SOURCES:
        gather(name, sources)
    request = {
        "language": "Solidity",
        "sources": sources,
        "settings": {**SETTINGS, "outputSelection": {"*": {"*": outputs or OUTPUTS}}},
    }
    run = subprocess.run(
        [str(HERE / "solc-shim.cjs"), "--standard-json"],
        input=json.dumps(request, sort_keys=True),
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(run.stdout[run.stdout.index("{") :])
    faults = [fault["formattedMessage"] for fault in answer.get("errors", [])]
    if faults:
        sys.exit("\n".join(faults))
    return answer


def members(layout: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the members of the storage struct: slots are relative to the namespace's slot."""
    struct = layout["types"][layout["storage"][0]["type"]]
    return [
        {
            "label": member["label"],
            "offset": member["offset"],
            "slot": int(member["slot"]),
            "type": layout["types"][member["type"]]["label"],
        }
        for member in struct["members"]
    ]


def structs(layout: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the members of each struct that stands in a mapping."""
    found: dict[str, list[dict[str, Any]]] = {}
    for kind in layout["types"].values():
        if "members" in kind and not kind["label"].endswith(".Layout"):
            found[kind["label"]] = [
                {"label": m["label"], "offset": m["offset"], "slot": int(m["slot"])}
                for m in kind["members"]
            ]
    return found


def artifact() -> str:
    """Return the artifact as text, the same for the same sources."""
    contracts = compile_sources()["contracts"]
    registry = contracts["src/LicenceRegistry.sol"]["LicenceRegistry"]
    layout = contracts["src/RegistryStorage.sol"]["RegistryStorageLayout"]["storageLayout"]
    runtime = registry["evm"]["deployedBytecode"]["object"]
    storage = (HERE / "src" / "RegistryStorage.sol").read_text(encoding="utf-8")
    slot = re.search(r"SLOT = (0x[0-9a-f]{64});", storage)
    if slot is None:
        sys.exit("RegistryStorage.sol: no SLOT")
    package = json.loads((HERE / "node_modules" / "solc" / "package.json").read_text())
    value = {
        "contract": "LicenceRegistry",
        "compiler": {"solc": package["version"], "settings": SETTINGS},
        "abi": registry["abi"],
        "bytecode": "0x" + registry["evm"]["bytecode"]["object"],
        "runtime": "0x" + runtime,
        "runtimeKeccak": "0x" + keccak(bytes.fromhex(runtime)).hex(),
        "storage": {
            "namespace": "anzheng.licence-registry.v1",
            "slot": slot.group(1),
            "members": members(layout),
            "structs": structs(layout),
        },
    }
    return json.dumps(value, indent=1, sort_keys=True) + "\n"


def main() -> int:
    """Write or check, as the command line says."""
    parser = argparse.ArgumentParser(description="Compile the contract into its artifact.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    made = artifact()
    if parser.parse_args().check:
        return 0 if ARTIFACT.read_text(encoding="utf-8") == made else 1
    ARTIFACT.parent.mkdir(exist_ok=True)
    ARTIFACT.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
