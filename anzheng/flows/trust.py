"""The trust bundle: what verifiers shall believe about this installation, made from its estate."""

from datetime import datetime

from anzheng import keyring as keyrings
from anzheng.estate import AuthorityEntry, Estate
from anzheng.keyring import KeyRing
from anzheng.settings import TEST_TSA, Settings
from licence.formats import es256, oids
from licence.formats.evidence import log_origin
from licence.formats.fields import whole_second
from licence.formats.trust_types import (
    Authority,
    Contract,
    LogKey,
    Registry,
    Root,
    StatusKey,
    TrustBundle,
    TsaRoot,
    Witness,
)

LICENCE_TYPE = "safety-production"
SHARDS = 1


def make_bundle(
    settings: Settings, estate: Estate, ring: KeyRing, *, version: int, now: datetime
) -> TrustBundle:
    """Return the bundle of an installation.

    Args:
        settings: Environment, addresses and the timestamp authority.
        estate: Registry, contract, witnesses, authorities.
        ring: Certificates and public keys.
        version: Higher than that of any bundle before.
        now: When it is issued.
    """
    is_test_tsa = settings.tsa_url == TEST_TSA
    policy = oids.POLICY_TSA_TEST if is_test_tsa else settings.tsa_policy
    root = ring.certificate("root")
    tsa_root = root if is_test_tsa else ring.certificate("tsa-root")
    return TrustBundle(
        version=version,
        environment=settings.environment,
        issued_at=whole_second(now),
        roots=(Root("root", root),),
        policies=(oids.POLICY_LICENCE_SIGNING,),
        tsa_roots=(TsaRoot("tsa", tsa_root, (policy,), test_only=is_test_tsa),),
        withdrawn=(),
        registries=(_registry(estate),),
        authorities=tuple(
            _authority(settings, estate, entry, ring, now) for entry in estate.authorities
        ),
    )


def list_base_uri(settings: Settings) -> str:
    """Return what the URI of every status list begins with."""
    return f"{settings.public_url}/v1/status-lists"


def _registry(estate: Estate) -> Registry:
    contract = Contract(
        chain_id=estate.chain_id,
        address=estate.contract,
        code_hash=estate.code_hash,
        from_block=estate.from_block,
        test_chain=estate.test_chain,
    )
    witnesses = tuple(
        Witness(each.name, each.public_key, estate.from_block) for each in estate.witnesses
    )
    return Registry(estate.registry, (contract,), witnesses, estate.witness_threshold)


def _authority(
    settings: Settings, estate: Estate, entry: AuthorityEntry, ring: KeyRing, now: datetime
) -> Authority:
    status = ring.open(keyrings.status_key(entry.id)).public_der
    return Authority(
        id=entry.id,
        name=entry.name,
        licence_types=(LICENCE_TYPE,),
        industries=entry.industries,
        regions=(),
        valid_from=entry.valid_from,
        valid_to=None,
        accounts=(entry.anchor_account,),
        log_key=LogKey(
            log_origin(estate.registry, entry.id),
            ring.open(keyrings.log_key(entry.id)).public_raw,
        ),
        status_keys=(StatusKey(es256.key_id(status), status, valid_from=whole_second(now)),),
        qr_keys=(),
        holder_ca=ring.certificate("holder-ca"),
        list_base_uri=list_base_uri(settings),
        shards=SHARDS,
    )
