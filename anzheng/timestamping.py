"""The timestamp authorities of the settings: read from files, asked by the signer, pinned for all.

Either our own responder (a trial), or one outside authority (`tsa_url`), or several (`[[tsa]]`).
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from anzheng.keyring import KeyRing
from anzheng.settings import TEST_TSA, Settings, TsaSettings
from licence.errors import AnzhengError, Code
from licence.formats import oids
from licence.formats.trust_types import Root, TsaRoot
from licence.ports import Clock, Entropy
from signer.certificates import is_test_certificate
from signer.deadline_http import DeadlineHttp
from signer.tsa import TestTsa, Timestamper
from signer.tsa_client import HttpTsa, TsaTrust
from signer.tsa_crl import MAX_CRL_BYTES, CrlKeeper
from signer.tsa_pool import Member, PoolPolicy, TsaPool

MAX_CERTIFICATE_BYTES = 64 * 1024
_OK = 200


@dataclass(frozen=True, slots=True)
class OutsideTsa:
    """An outside authority as the settings describe it, its files read.

    Attributes:
        url: Where it listens.
        trust: Its certificate, CAs and policy.
        crls: Files or URLs of the revocation lists of its CAs.
    """

    url: str
    trust: TsaTrust
    crls: tuple[str, ...]


class OwnTsa(NamedTuple):
    """Our own responder: name of its key, and the root above it, DER."""

    key: str
    root: bytes


def outside_authorities(settings: Settings, ring: KeyRing) -> tuple[OutsideTsa, ...]:
    """Return the outside authorities in the order in which they are asked; none in a trial.

    Raises:
        AnzhengError: KEY_URI for a certificate that is not there, KEY_REFUSED.
    """
    if settings.tsa:
        return tuple(OutsideTsa(each.url, _trust(each), each.crls) for each in settings.tsa)
    if settings.tsa_url == TEST_TSA:
        return ()
    trust = TsaTrust(ring.certificate("tsa"), (ring.certificate("tsa-root"),), settings.tsa_policy)
    beside = ring.folder / "tsa-root.crl"
    crls = (str(beside),) if beside.is_file() else ()
    return (OutsideTsa(settings.tsa_url, trust, crls),)


def make_timestamper(
    settings: Settings,
    ring: KeyRing,
    own: OwnTsa,
    clock: Clock,
    entropy: Entropy,
) -> Timestamper:
    """Return what gives the signer its timestamps.

    Args:
        settings: Which authorities, and how patient.
        ring: Our responder's key, or the certificates of the one outside authority.
        own: Our own responder, for a trial.
        clock: For checks and rests.
        entropy: For nonces and serial numbers.

    Raises:
        AnzhengError: KEY_URI, KEY_REFUSED; KEY_URI too where an outside authority has no lists:
            nobody could ever conclude on its timestamps.
    """
    outside = outside_authorities(settings, ring)
    if not outside:
        key = ring.signing_key(own.key)
        return TestTsa(key, chain=(own.root,), clock=clock, entropy=entropy)
    if not all(each.crls for each in outside):
        raise AnzhengError(
            Code.KEY_URI, "a timestamp authority without a revocation list: see docs/timestamps.md"
        )
    policy = PoolPolicy(
        attempt_seconds=settings.tsa_timeout_seconds,
        budget_seconds=settings.tsa_budget_seconds,
        cool_down=timedelta(seconds=settings.tsa_cool_down_seconds),
        parallel=settings.tsa_parallel,
    )
    clients = time_sources(settings, ring, clock, entropy)
    members = tuple(
        Member(
            client,
            CrlKeeper(
                each.crls,
                (each.trust.certificate, *each.trust.chain),
                lambda place: read_place(place, policy.attempt_seconds),
            ),
        )
        for client, each in zip(clients, outside, strict=True)
    )
    return TsaPool(members, policy=policy, clock=clock)


def time_sources(
    settings: Settings, ring: KeyRing, clock: Clock, entropy: Entropy
) -> tuple[HttpTsa, ...]:
    """Return a client of each outside authority, in the order in which they are asked.

    Raises:
        AnzhengError: KEY_URI, KEY_REFUSED; SETTINGS_INVALID for a URL or a policy that is none.
    """
    outside = outside_authorities(settings, ring)
    http = _http(settings.tsa_parallel * max(1, len(outside)))
    return tuple(
        HttpTsa(each.url, http=http, trust=each.trust, clock=clock, entropy=entropy)
        for each in outside
    )


@lru_cache(maxsize=4)
def _http(connections: int) -> DeadlineHttp:
    """Return the one set of connections of this process, however often signers are made anew."""
    return DeadlineHttp(connections=connections)


def tsa_roots(settings: Settings, ring: KeyRing, own: Sequence[Root]) -> tuple[TsaRoot, ...]:
    """Return the roots of all authorities with their policies, for the trust bundle.

    Args:
        settings: Which authorities.
        ring: Certificates of the one outside authority.
        own: Roots of our own PKI, above our responder.
    """
    outside = outside_authorities(settings, ring)
    if not outside:
        return tuple(
            TsaRoot(
                "tsa" if number == 1 else f"tsa-{number}",
                root.certificate,
                (oids.POLICY_TSA_TEST,),
                test_only=True,
                distrust_from=root.distrust_from,
            )
            for number, root in enumerate(own, start=1)
        )
    return tuple(_roots([each.trust for each in outside]))


def _roots(trusts: Sequence[TsaTrust]) -> Iterator[TsaRoot]:
    """Yield each root once, with every policy that is asked for under it."""
    for number, root in enumerate(dict.fromkeys(each.chain[-1] for each in trusts), start=1):
        below = [each for each in trusts if each.chain[-1] == root]
        certificates = [one for each in below for one in (each.certificate, *each.chain)]
        yield TsaRoot(
            "tsa" if number == 1 else f"tsa-{number}",
            root,
            tuple(sorted({each.policy for each in below})),
            # Whatever the settings call it: verifiers in production refuse a test's.
            test_only=any(map(is_test_certificate, certificates)),
        )


def read_place(place: str, seconds: float) -> bytes:
    """Read a revocation list from a file or, when the place is a URL, from the web.

    Raises:
        AnzhengError: TSA_UNAVAILABLE.
    """
    try:
        if not place.startswith(("http://", "https://")):
            return Path(place).read_bytes()
        with closing(DeadlineHttp(connections=1)) as http:
            answer = http.exchange("GET", place, seconds=seconds, max_bytes=MAX_CRL_BYTES)
    except (OSError, AnzhengError) as error:
        raise AnzhengError(
            Code.TSA_UNAVAILABLE, f"the revocation list {place} cannot be read"
        ) from error
    if answer.status != _OK:
        raise AnzhengError(
            Code.TSA_UNAVAILABLE, f"no revocation list at {place}", status=answer.status
        )
    return answer.body


def _trust(given: TsaSettings) -> TsaTrust:
    chain = tuple(_certificate(place) for place in given.chain)
    return TsaTrust(_certificate(given.certificate), chain, given.policy)


def _certificate(place: Path) -> bytes:
    """Return a certificate from a file, PEM or DER, as DER."""
    try:
        data = place.read_bytes()[: MAX_CERTIFICATE_BYTES + 1]
    except OSError as error:
        raise AnzhengError(Code.KEY_URI, f"there is no certificate {place}") from error
    if not data.lstrip().startswith(b"-----BEGIN"):
        return data
    try:
        return x509.load_pem_x509_certificate(data).public_bytes(Encoding.DER)
    except ValueError as error:
        raise AnzhengError(Code.KEY_REFUSED, f"{place} is no certificate") from error
