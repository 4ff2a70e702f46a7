"""Cases as files: `tests/assets/qbft/*.json` and `tests/assets/status_proof/*.json`."""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from licence.domain.model import Environment
from licence.formats.trust_types import Contract, ValidatorSet
from licence.ids import Address, ChainId, Digest
from tests.fakes import proof, qbft_cases, status_proof_cases
from tests.fakes.qbft_cases import Pinned
from tests.fakes.qbft_state import LEAF

ASSETS = Path(__file__).parents[1] / "assets"


@dataclass(frozen=True)
class Filed:
    """A case as its file has it."""

    name: str
    expect: int | str
    data: bytes
    index: int | None
    pinned: Pinned


def files() -> Iterator[tuple[Path, bytes]]:
    """Yield every file, with what must stand in it."""
    for case in qbft_cases.cases():
        value: dict[str, object]
        value = {"expect": case.expect, "leaf": LEAF.hex(), "evidence": _base64(case.evidence)}
        yield ASSETS / "qbft" / f"{case.name}.json", _json(value, case.pinned)
    for each in status_proof_cases.cases():
        value = {"expect": each.expect, "index": each.index, "proof": _base64(each.data)}
        yield ASSETS / "status_proof" / f"{each.name}.json", _json(value, each.pinned)


def read(path: Path) -> Filed:
    """Read one file."""
    value = json.loads(path.read_text())
    data = value["evidence"] if "evidence" in value else value["proof"]
    return Filed(
        path.stem, value["expect"], base64.b64decode(data), value.get("index"), _pinned(value)
    )


def _json(value: Mapping[str, object], pinned: Pinned) -> bytes:
    contract = pinned.contract
    whole = {
        **value,
        "registry": proof.REGISTRY,
        "authority": proof.AUTHORITY,
        "environment": pinned.environment.value,
        "contract": {
            "chain_id": contract.chain_id,
            "address": contract.address.hex(),
            "code_hash": contract.code_hash.hex(),
            "from_block": contract.from_block,
            "frozen_at": contract.frozen_at,
            "test_chain": contract.test_chain,
        },
        "validators": [
            {
                "chain_id": each.chain_id,
                "from_block": each.from_block,
                "to_block": each.to_block,
                "addresses": [address.hex() for address in each.addresses],
            }
            for each in pinned.validators
        ],
    }
    return (json.dumps(whole, indent=1, sort_keys=True) + "\n").encode()


def _pinned(value: Mapping[str, Any]) -> Pinned:
    contract = value["contract"]
    return Pinned(
        Contract(
            ChainId(contract["chain_id"]),
            Address(bytes.fromhex(contract["address"])),
            Digest(bytes.fromhex(contract["code_hash"])),
            contract["from_block"],
            contract["frozen_at"],
            contract["test_chain"],
        ),
        tuple(
            ValidatorSet(
                ChainId(each["chain_id"]),
                each["from_block"],
                tuple(Address(bytes.fromhex(address)) for address in each["addresses"]),
                each["to_block"],
            )
            for each in value["validators"]
        ),
        Environment(value["environment"]),
    )


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
