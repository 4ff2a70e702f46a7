"""Pinning validators: what was said about older blocks stays said."""

from dataclasses import replace
from pathlib import Path

import pytest

from anzheng import estate as estates
from anzheng.estate import Estate
from anzheng.flows.trust import registry_of
from anzheng.flows.validators import compare, pin
from licence.errors import Code
from licence.ids import Address, ChainId, Digest, RegistryId
from tests.fakes.refusal import refuses

OLD = tuple(Address(bytes([each]) * 20) for each in (3, 1, 2, 4))
NEW = (*OLD, Address(b"\x05" * 20))


@pytest.fixture
def estate() -> Estate:
    return Estate(
        registry=RegistryId("cn-aqsc-test"),
        chain_id=ChainId(31337),
        contract=Address(b"\x33" * 20),
        code_hash=Digest(b"\x44" * 32),
        from_block=1,
        test_chain=True,
        witnesses=(),
        witness_threshold=1,
        authorities=(),
    )


def test_a_new_set_ends_the_one_before(estate: Estate) -> None:
    changed = pin(pin(estate, 1, OLD), 500, NEW)
    spans = [(one.from_block, one.to_block, len(one.addresses)) for one in changed.validators]
    assert spans == [(1, 499, 4), (500, None, 5)]
    assert list(changed.validators[0].addresses) == sorted(OLD)
    assert registry_of(changed).validators == changed.validators


def test_a_chain_may_be_left_without_a_set(estate: Estate) -> None:
    closed = pin(pin(estate, 1, OLD), 500, ())
    assert [one.to_block for one in closed.validators] == [499]
    again = pin(closed, 700, NEW)
    assert [(one.from_block, one.to_block) for one in again.validators] == [(1, 499), (700, None)]


@pytest.mark.parametrize(("begins", "addresses"), [(1, NEW), (0, NEW), (500, (*NEW, NEW[0]))])
def test_what_would_change_older_blocks_or_is_no_set_is_refused(
    estate: Estate, begins: int, addresses: tuple[Address, ...]
) -> None:
    with refuses(Code.REQUEST_INVALID, Code.TRUST_BUNDLE_REFUSED):
        pin(pin(estate, 1, OLD), begins, addresses)


def test_the_node_must_name_the_same(estate: Estate) -> None:
    del estate
    said = ["0x" + one.hex().upper().lower() for one in OLD]
    compare(OLD, said)
    compare(OLD, said[::-1])
    for other in (said[1:], [*said, said[0]], None, "0x", [1]):
        with refuses(Code.CONFLICT):
            compare(OLD, other)


def test_the_estate_keeps_them(estate: Estate, tmp_path: Path) -> None:
    pinned = pin(pin(estate, 1, OLD), 500, NEW)
    for each in (estate, pinned):
        estates.save(each, tmp_path)
        assert estates.load(tmp_path) == each
    estates.save(replace(estate), tmp_path)
    assert "validators" not in (tmp_path / estates.FILE_NAME).read_text()
