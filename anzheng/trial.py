"""Sets up a trial in a data folder: authorities 示例 with test keys, contract, trust repository."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from anchor.chain.artifact import load_artifact
from anzheng import estate as estates
from anzheng.estate import SAFETY_PRODUCTION, Estate
from anzheng.flows import trust as trusting
from anzheng.flows.establish import AuthoritySpec, FreeChain, Place, TrialChain, establish
from anzheng.flows.roster import Row
from anzheng.nodes import fee_policy
from anzheng.settings import Settings
from anzheng.wiring import Base, open_base
from licence.domain.model import Environment
from licence.errors import AnzhengError, Code
from licence.ids import AuthorityId, ChainId, RegistryId


def specs_of(rows: Sequence[Row]) -> tuple[AuthoritySpec, ...]:
    """Return the issuing authorities of a roster, each with the types and industries that it has.

    Raises:
        AnzhengError: ROSTER_FORMAT for a row without an issuer.
    """
    found: dict[str, tuple[str, set[str], set[str]]] = {}
    for number, row in enumerate(rows, start=1):
        code, name, industry = (row.get(key) for key in ("issuer_code", "issuer", "industry"))
        if not isinstance(code, str) or not isinstance(name, str) or not isinstance(industry, str):
            raise AnzhengError(Code.ROSTER_FORMAT, f"row {number} names no issuer", row=number)
        _, industries, types = found.setdefault(code, (name, set(), set()))
        industries.add(industry)
        types.add(str(row.get("licence_type") or SAFETY_PRODUCTION))
    return tuple(
        AuthoritySpec(
            AuthorityId(code), name, tuple(sorted(industries)), licence_types=tuple(sorted(types))
        )
        for code, (name, industries, types) in found.items()
    )


def set_up(settings: Settings, specs: Sequence[AuthoritySpec]) -> Estate:
    """Set up authorities in the data folder of the settings.

    Raises:
        AnzhengError: CONFLICT when something is set up there, SETTINGS_UNSAFE in production.
    """
    with open_base(settings) as base:
        return set_up_in(base, specs)


def set_up_in(base: Base, specs: Sequence[AuthoritySpec]) -> Estate:
    """Set up authorities on an open base."""
    settings = base.settings
    if not settings.allow_test_keys or settings.environment is not Environment.TEST:
        raise AnzhengError(
            Code.SETTINGS_UNSAFE,
            "throw-away authorities need allow_test_keys and a test environment",
        )
    if (settings.data_dir / estates.FILE_NAME).exists():
        raise AnzhengError(
            Code.CONFLICT, f"{settings.data_dir} has authorities already; take another data folder"
        )
    place = Place(
        RegistryId(settings.registry),
        ChainId(settings.chain_id),
        settings.public_url,
        fee_policy(settings),
    )
    with _chain(base) as chain:
        estate = establish(
            place,
            specs,
            ring=base.ring,
            register=base.register,
            devnet=chain,
            artifact=load_artifact(),
            clock=base.clock,
            entropy=base.entropy,
        )
    trusting.begin(settings, estate, base.ring, base.trust_folder, now=base.clock.now())
    estates.save(estate, settings.data_dir)
    return estate


@contextmanager
def _chain(base: Base) -> Iterator[TrialChain]:
    """Return the trial's own chain, or that of the settings, where gas has to be free."""
    if base.dev_chain is not None:
        yield base.dev_chain.devnet
        return
    node = base.open_nodes()
    try:
        yield FreeChain(node)
    finally:
        node.close()
