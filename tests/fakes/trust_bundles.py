"""A small trust bundle of the test environment, for tests that need one and not its keys."""

from datetime import UTC, date, datetime

from licence.domain.model import Environment
from licence.formats import es256
from licence.formats.trust_bundle import (
    Authority,
    Contract,
    LogKey,
    Registry,
    Root,
    StatusKey,
    TrustBundle,
    TsaRoot,
    Withdrawn,
    Witness,
)
from licence.ids import Address, AuthorityId, ChainId, Digest, RegistryId

AUTHORITY = AuthorityId("1121000000TXT10121")
REGISTRY = RegistryId("cn-aqscxkz-test")
ISSUED_AT = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)
BASE_URI = "http://127.0.0.1:8080/v1/status-lists"


def sample_status_key(key: bytes = b"public key") -> StatusKey:
    """A status key that is open."""
    return StatusKey(es256.key_id(key), key, datetime(2026, 1, 1, tzinfo=UTC))


def sample_authority(*status_keys: StatusKey) -> Authority:
    """The issuing authority of most samples."""
    return Authority(
        id=AUTHORITY,
        name="辽宁省应急管理厅(示例)",
        licence_types=("safety-production",),
        industries=("FM", "WH"),
        regions=("21",),
        valid_from=date(2020, 1, 1),
        valid_to=None,
        accounts=(Address(b"\x11" * 20),),
        log_key=LogKey("anzheng/cn-aqscxkz-test/1121000000TXT10121", b"\x22" * 32),
        status_keys=status_keys or (sample_status_key(),),
        qr_keys=(),
        holder_ca=b"holder ca",
        list_base_uri=BASE_URI,
        shards=1,
    )


def sample_registry() -> Registry:
    """A registry on a test chain with a witness that was closed and two that are open."""
    return Registry(
        id=REGISTRY,
        contracts=(
            Contract(
                ChainId(31337),
                Address(b"\x33" * 20),
                Digest(b"\x44" * 32),
                from_block=1,
                test_chain=True,
            ),
        ),
        witnesses=(
            Witness("witness-a", b"\x55" * 32, from_block=0),
            Witness("witness-b", b"\x66" * 32, from_block=0, to_block=99),
            Witness("witness-b", b"\x77" * 32, from_block=100),
        ),
        witness_threshold=2,
    )


def sample_bundle(version: int = 1, *authorities: Authority) -> TrustBundle:
    """A whole bundle."""
    return TrustBundle(
        version=version,
        environment=Environment.TEST,
        issued_at=ISSUED_AT,
        roots=(Root("示例根", b"root certificate"),),
        policies=("2.25.1.1",),
        tsa_roots=(TsaRoot("tsa", b"tsa certificate", ("2.25.1.3",), test_only=True),),
        withdrawn=(Withdrawn(Digest(b"\x88" * 32), ISSUED_AT),),
        registries=(sample_registry(),),
        authorities=authorities or (sample_authority(),),
    )
