"""Puts together what comparing and reconciling an installation needs."""

from pathlib import Path

from anchor.chain.artifact import load_artifact
from anchor.chain.events import EventReader, fast_keccak
from anchor.chain.evm import Contract
from anchor.public_log import BothLogs, PublicLog
from anzheng import keyring as keyrings
from anzheng.alarms import StandingAlarms
from anzheng.flows.reconcile import Case
from anzheng.flows.reconcile_guard import ChainCheck
from anzheng.flows.reconcile_read import Place, read_chain
from anzheng.opening import public_folder
from anzheng.public_http import open_public_log
from anzheng.wiring import Installation
from licence.errors import AnzhengError, Code
from licence.formats.checkpoint import LogKey
from licence.formats.decision import MAX_DECISION_BYTES
from licence.formats.evidence import log_origin
from licence.ids import AuthorityId


def demand(installation: Installation, authority: AuthorityId) -> None:
    """Refuse to anchor while the database is older than what left it, and sound the alarm once.

    Raises:
        AnzhengError: RECONCILE_NEEDED, CHAIN_REORGANISED, CHAIN_UNAVAILABLE.
    """
    base, chain = installation.base, installation.chain
    alarms, key = StandingAlarms(base.store, base.clock), f"reconcile:{authority}"
    check = ChainCheck(
        base.store, events_of(installation), lambda account: chain.rights(account).authority
    )
    try:
        installation.offices.open(authority).demand()
        check.demand(place_of(installation, authority))
    except AnzhengError as error:
        if error.code is Code.RECONCILE_NEEDED:
            alarms.rise(key, error.code, error.message)
        raise
    alarms.clear(key)


def place_of(installation: Installation, authority: AuthorityId) -> Place:
    """Return where the truth about an authority is read: up to the last final block."""
    estate = installation.estate
    return Place(
        registry=estate.registry,
        authority=authority,
        chain_id=estate.chain_id,
        contract=estate.contract,
        from_block=estate.from_block,
        final=installation.chain.final_height(),
    )


def events_of(installation: Installation) -> EventReader:
    """Return the reader of the contract's events."""
    estate = installation.estate
    contract = Contract(estate.chain_id, estate.contract, estate.from_block, estate.genesis)
    return EventReader(installation.chain.node, contract, load_artifact())


def case_of(
    installation: Installation,
    authority: AuthorityId,
    *,
    manifests: str | None = None,
    copies: Path | None = None,
    decisions: Path | None = None,
) -> Case:
    """Return what reconciling one authority needs; the chain is read here.

    Args:
        installation: What was restored.
        authority: Whose part.
        manifests: Folder or URL of a copy of the public log, beside our own folder.
        copies: Folder of signed files that were given back.
        decisions: Folder of signed decisions (`*.json`) that officers kept.

    Raises:
        AnzhengError: CHAIN_WRONG, CHAIN_UNAVAILABLE, HISTORY_MISMATCH; REQUEST_INVALID.
    """
    base, estate = installation.base, installation.estate
    installation.chain.check()
    office, entry = installation.offices.open(authority), estate.authority(authority)
    place, origin = place_of(installation, authority), log_origin(estate.registry, authority)
    own = public_folder(base.settings.data_dir)
    public: PublicLog = own.reader
    if manifests is not None:
        public = BothLogs(own.reader, open_public_log(manifests))
    return Case(
        place=place,
        truth=read_chain(place, events_of(installation), fast_keccak),
        store=base.store,
        files=base.files,
        ledger=office.ledger,
        clock=base.clock,
        hmac_key=office.hmac_key,
        officers=entry.pinned_officers,
        origin=origin,
        log_key=LogKey(origin, base.ring.open(keyrings.log_key(authority)).public_raw),
        public=public,
        publisher=own,
        copies=copies,
        decisions=_read_decisions(decisions),
    )


def _read_decisions(folder: Path | None) -> tuple[bytes, ...]:
    if folder is None:
        return ()
    places = sorted(each for each in folder.rglob("*.json") if each.is_file())
    return tuple(each.read_bytes() for each in places if each.stat().st_size <= MAX_DECISION_BYTES)
