"""Puts together what comparing and reconciling an installation needs."""

from pathlib import Path

from anchor.chain.events import fast_keccak
from anchor.public_log import BothLogs, PublicLog
from anzheng import keyring as keyrings
from anzheng.alarms import StandingAlarms
from anzheng.chain_truth import check_chain, events_of, places_of
from anzheng.flows.found_certificates import FoundCertificate, read_certificates
from anzheng.flows.reconcile_case import Case
from anzheng.flows.reconcile_read import read_chain, together
from anzheng.opening import public_folder
from anzheng.public_http import open_public_log
from anzheng.wiring import Installation
from licence.errors import AnzhengError, Code
from licence.formats.ceremony import Purpose
from licence.formats.checkpoint import LogKey
from licence.formats.decision import MAX_DECISION_BYTES
from licence.formats.evidence import log_origin
from licence.ids import AuthorityId


def demand(installation: Installation, authority: AuthorityId) -> None:
    """Refuse to anchor while the database is older than what left it, and sound the alarm once.

    Raises:
        AnzhengError: RECONCILE_NEEDED, CHAIN_REORGANISED, CHAIN_UNAVAILABLE.
    """
    base = installation.base
    alarms, key = StandingAlarms(base.store, base.clock), f"reconcile:{authority}"
    try:
        installation.offices.open(authority).demand()
        check_chain(base.store, installation.estate, installation.chain, authority)
    except AnzhengError as error:
        if error.code is Code.RECONCILE_NEEDED:
            alarms.rise(key, error.code, error.message)
        raise
    alarms.clear(key)


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
    base, estate, chain = installation.base, installation.estate, installation.chain
    chain.check()
    office, entry = installation.offices.open(authority), estate.authority(authority)
    origin = log_origin(estate.registry, authority)
    truths = [
        read_chain(place, events_of(estate, chain, place), fast_keccak)
        for place in places_of(estate, chain, authority)
    ]
    own = public_folder(base.settings.data_dir)
    public: PublicLog = own.reader
    if manifests is not None:
        public = BothLogs(own.reader, open_public_log(manifests))
    return Case(
        registry=estate.registry,
        authority=authority,
        truth=together(truths),
        store=base.store,
        files=base.files,
        ledger=office.ledger,
        clock=base.clock,
        hmac_key=office.hmac_key,
        officers=entry.pinned_officers,
        origin=origin,
        log_key=LogKey(origin, base.ring.public_raw(keyrings.log_key(authority))),
        public=public,
        publisher=own,
        copies=copies,
        decisions=_read_decisions(decisions),
        certificates=_read_certificates(installation),
    )


def _read_certificates(installation: Installation) -> tuple[FoundCertificate, ...]:
    means = installation.offices.means
    cas = [key.name for key in means.keys.book().of(Purpose.HOLDER_CA)]
    return read_certificates(means.register, [means.ring.certificate(name) for name in cas])


def _read_decisions(folder: Path | None) -> tuple[bytes, ...]:
    if folder is None:
        return ()
    places = sorted(each for each in folder.rglob("*.json") if each.is_file())
    return tuple(each.read_bytes() for each in places if each.stat().st_size <= MAX_DECISION_BYTES)
