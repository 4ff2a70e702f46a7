"""Our Keccak-256 against the one of eth-utils, and selectors against the committed ABI."""

import json
from pathlib import Path

from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from licence.formats.keccak import keccak256, selector
from verifier.rpc import _BATCH, _STATUS_OF

ARTIFACT = Path(__file__).parents[3] / "contracts" / "artifacts" / "LicenceRegistry.json"


@given(st.binary(max_size=700))
def test_it_agrees_with_another_implementation(data: bytes) -> None:
    assert keccak256(data) == keccak(data)


def test_the_published_vector_of_the_empty_string() -> None:
    expected = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert keccak256(b"").hex() == expected
    assert selector("transfer(address,uint256)").hex() == "a9059cbb"


def test_the_functions_that_are_asked_stand_in_the_contract() -> None:
    abi = json.loads(ARTIFACT.read_bytes())["abi"]
    views = {
        f"{each['name']}({','.join(item['type'] for item in each['inputs'])})": [
            item["type"] for item in each["outputs"]
        ]
        for each in abi
        if each["type"] == "function" and each["stateMutability"] == "view"
    }
    assert views[_BATCH] == ["uint64", "uint64"]
    assert views[_STATUS_OF] == ["uint8"]
