"""The compiled contract as it is committed: `contracts/artifacts/LicenceRegistry.json`."""

import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from licence.errors import AnzhengError, Code
from licence.ids import Digest

DEFAULT_ARTIFACT: Final = (
    Path(__file__).resolve().parents[2] / "contracts" / "artifacts" / "LicenceRegistry.json"
)
"""Where the artifact stands in the source tree and in an installed distribution."""

FORMER_ARTIFACTS: Final = DEFAULT_ARTIFACT.parent / "former"
"""Those of earlier releases, whose contracts are still read, and frozen."""

MAX_ARTIFACT_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Artifact:
    """What is needed of the compiled contract.

    Attributes:
        abi: The interface, as the compiler prints it.
        bytecode: Creation code without constructor arguments.
        code_hash: keccak-256 of the code on the chain; the trust bundle pins it.
        storage_slot: First slot of the contract's storage (ERC-7201).
    """

    abi: tuple[dict[str, Any], ...]
    bytecode: bytes
    code_hash: Digest
    storage_slot: int

    @property
    def takes_pairs(self) -> bool:
        """Whether it takes a change as a pair of word and mask, as the first release did."""
        return any(
            entry.get("name") == "reinstate" and entry["inputs"][0]["type"] == "tuple[]"
            for entry in self.abi
        )


@cache
def artifact_of(code_hash: Digest) -> Artifact:
    """Return the artifact whose code stands on the chain, of this release or an earlier one.

    For code that no release had it is the present interface, with that code pinned.

    Raises:
        AnzhengError: TOOL_MISSING.
    """
    for path in (DEFAULT_ARTIFACT, *sorted(FORMER_ARTIFACTS.glob("*.json"))):
        artifact = load_artifact(path)
        if artifact.code_hash == code_hash:
            return artifact
    return replace(load_artifact(), code_hash=code_hash)


def load_artifact(path: Path = DEFAULT_ARTIFACT) -> Artifact:
    """Read the artifact.

    Raises:
        AnzhengError: TOOL_MISSING, when the file is not there or is no artifact.
    """
    try:
        if path.stat().st_size > MAX_ARTIFACT_BYTES:
            raise ValueError("too large")
        value = json.loads(path.read_text(encoding="utf-8"))
        return Artifact(
            abi=tuple(value["abi"]),
            bytecode=bytes.fromhex(value["bytecode"].removeprefix("0x")),
            code_hash=Digest(bytes.fromhex(value["runtimeKeccak"].removeprefix("0x"))),
            storage_slot=int(value["storage"]["slot"], 16),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AnzhengError(
            Code.TOOL_MISSING, "the contract's artifact cannot be read", path=str(path)
        ) from error
