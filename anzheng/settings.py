"""The one `Settings`: read once at the start, handed on as values, never read again.

Order of precedence: arguments, environment (`ANZHENG_…`), secrets mounted as files
(`/run/secrets/anzheng_<name>`), the TOML file, the defaults here.
`config.example.toml` shows every field; a test compares it with this module.
"""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from typing_extensions import override

from anchor.batch import MAX_LEAVES
from anchor.evidence import EvidenceKind
from anchor.finality import PATTERN as FINALITY
from anchor.list_ports import MAX_SHARDS
from licence.domain.model import Environment
from licence.errors import AnzhengError, Code
from licence.formats.algorithms import SignaturePadding

TEST_TSA = "test:"
"""Value of `tsa_url` that means our own RFC 3161 responder in this process."""

DEVNET_CHAIN_ID = 31337
"""Chain id of a local anvil."""

NODES_OF_WHICH_ONE_MAY_LIE = 3

SECRETS = Path("/run/secrets")
"""Where containers find their secrets, one a file."""


class TsaSettings(BaseModel):
    """One outside timestamp authority: a table `[[tsa]]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(pattern="^https?://.")
    policy: str
    certificate: Path
    chain: tuple[Path, ...] = Field(min_length=1)
    crls: tuple[str, ...] = ()


class NodeSettings(BaseModel):
    """One node of the chain: a table `[[chain_node]]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern="^[a-z0-9][a-z0-9.-]{0,62}$")
    url: str = Field(pattern="^https?://.")
    ca: Path | None = None
    token: SecretStr = SecretStr("")


class WitnessSettings(BaseModel):
    """Where one witness of the estate answers: a table `[[witness]]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    url: str = Field(pattern="^https?://.")
    timeout_seconds: float = Field(default=5.0, gt=0, le=60)


class Settings(BaseSettings):
    """Everything that may differ from one installation to the next."""

    model_config = SettingsConfigDict(env_prefix="ANZHENG_", extra="forbid", frozen=True)

    environment: Environment = Environment.TEST
    data_dir: Path = Path("var/anzheng")
    database_url: str = ""
    # With the authority and a number it names batches, in 64 characters.
    registry: str = Field(default="cn-aqsc-test", min_length=1, max_length=36)
    public_url: str = "http://127.0.0.1:8470"
    verify_base: str = "HTTPS://V.EXAMPLE/L/"

    listen_host: str = "127.0.0.1"
    listen_port: int = Field(default=8470, ge=0, le=65535)
    registry_database_url: str = ""
    registry_ca_url: str = Field(default="", pattern="^(?:https?://.+)?$")
    idempotency_hours: int = Field(default=24, ge=1)
    signer_url: str = Field(default="", pattern="^(?:https?://.+)?$")
    desk_host: str = "127.0.0.1"
    desk_port: int = Field(default=8472, ge=0, le=65535)

    chain_devnet: bool = True
    chain_rpc_url: str = ""
    chain_id: int = Field(default=DEVNET_CHAIN_ID, ge=1)
    chain_node: tuple[NodeSettings, ...] = Field(default=(), max_length=15)
    chain_quorum: int = Field(default=0, ge=0, le=15)
    chain_timeout_seconds: float = Field(default=10.0, gt=0, le=120)
    chain_quarantine_seconds: int = Field(default=600, ge=1)
    chain_finality: str = Field(default="qbft", pattern=f"^(?:{FINALITY})$")
    chain_legacy_fees: bool = False
    chain_max_gas_price_gwei: int = Field(default=500, ge=0)
    chain_reserve_transactions: int = Field(default=100, ge=1)
    chain_resend_seconds: int = Field(default=15, ge=1)
    anchor_batch_licences: int = Field(default=MAX_LEAVES, ge=1, le=MAX_LEAVES)
    anchor_batch_seconds: int = Field(default=60, ge=0)
    anchor_evidence: EvidenceKind = EvidenceKind.WITNESS
    witness: tuple[WitnessSettings, ...] = ()
    pending_after_seconds: int = Field(default=900, ge=0)
    anchor_alarm_seconds: int = Field(default=900, ge=0)
    chain_block_seconds: int = Field(default=0, ge=0)
    clock_tolerance_seconds: int = Field(default=30, ge=1, le=300)

    signature_padding: SignaturePadding = SignaturePadding.PKCS1
    tsa_url: str = TEST_TSA
    tsa_policy: str = ""
    tsa: tuple[TsaSettings, ...] = ()
    tsa_timeout_seconds: float = Field(default=10.0, gt=0)
    tsa_budget_seconds: float = Field(default=30.0, gt=0)
    tsa_cool_down_seconds: float = Field(default=60.0, ge=0)
    tsa_parallel: int = Field(default=8, ge=1, le=64)
    key_password: SecretStr = SecretStr("")
    pkcs11_module: str = ""
    pkcs11_pins: dict[str, SecretStr] = Field(default_factory=dict)
    allow_test_keys: bool = True
    sample_seals: bool = True
    release_daily_cap: int = Field(default=20_000, ge=1)
    second_reader_every: int = Field(default=100, ge=1)
    claim_code_hours: int = Field(default=24 * 30, ge=1)
    holder_rsa_keys: bool = False

    lease_seconds: int = Field(default=60, ge=1, le=3600)
    worker_poll_seconds: float = Field(default=1.0, gt=0)
    heartbeat: str = ""
    status_shards: int = Field(default=1, ge=1, le=MAX_SHARDS)
    sign_chunk: int = Field(default=16, ge=1, le=1000)
    press_processes: int = Field(default=0, ge=0, le=64)

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read arguments, the environment, mounted secrets, then the TOML file of `load`."""
        toml = TomlConfigSettingsSource(settings_cls)
        return (init_settings, env_settings, file_secret_settings, toml)

    @property
    def database(self) -> str:
        """URL of the database; SQLite in the data folder unless one is named."""
        return self.database_url or f"sqlite:///{self.data_dir / 'anzheng.sqlite3'}"

    @property
    def public_folder(self) -> Path:
        """Where what anybody may have lies, beside the trust folder: logs, certificates."""
        return self.data_dir / "public"

    @property
    def registry_database(self) -> str:
        """URL of the database from which the public registry reads; it never writes there."""
        return self.registry_database_url or self.database


def load(config: Path | None = None, **given: object) -> Settings:
    """Read the settings and refuse those that are not safe together.

    Args:
        config: A TOML file, or None for none.
        given: Fields that win over file and environment.

    Raises:
        AnzhengError: SETTINGS_INVALID, or SETTINGS_UNSAFE in production.
    """
    settings = load_public(config, **given)
    refuse_unsafe(settings)
    return settings


def load_public(config: Path | None = None, **given: object) -> Settings:
    """Read the settings of a process that has no key and writes nothing: nothing to be unsafe with.

    A machine on the Internet shall not be given a password, or the address of a node, only to be
    allowed to start.

    Args:
        config: A TOML file, or None for none.
        given: Fields that win over file and environment.

    Raises:
        AnzhengError: SETTINGS_INVALID.
    """
    if config is not None and not config.is_file():
        raise AnzhengError(
            Code.SETTINGS_INVALID, f"there is no settings file {config}", path=str(config)
        )

    class _FromFile(Settings):
        model_config = SettingsConfigDict(
            toml_file=config, secrets_dir=SECRETS if SECRETS.is_dir() else None
        )

    try:
        read = _FromFile(**given)  # type: ignore[arg-type]
    except ValidationError as exc:
        first = exc.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        # Without its cause, which repeats what was given: it may be a PIN.
        raise AnzhengError(
            Code.SETTINGS_INVALID, f"setting {field}: {first['msg']}", field=field
        ) from None
    except ValueError as exc:
        raise AnzhengError(
            Code.SETTINGS_INVALID, f"settings file {config or '(none)'} or environment: {exc}"
        ) from None
    return Settings.model_construct(**dict(read))


def _one_node_decides(settings: Settings) -> bool:
    """Say whether a batch would be final because one node says so.

    Seals of the validators prove a block, whoever tells of it; otherwise three nodes outvote one.
    """
    sealed = settings.anchor_evidence is EvidenceKind.QBFT
    return not sealed and len(settings.chain_node) < NODES_OF_WHICH_ONE_MAY_LIE


def refuse_unsafe(settings: Settings) -> None:
    """Refuse what may serve a demo but never a real licence.

    Raises:
        AnzhengError: SETTINGS_UNSAFE naming every offending setting; SETTINGS_INVALID for a test
            environment without sample seals.
    """
    if settings.environment is not Environment.PRODUCTION:
        if not settings.sample_seals:
            raise AnzhengError(
                Code.SETTINGS_INVALID,
                "the test environment prints 示例 seals only; leave sample_seals = true",
                field="sample_seals",
            )
        return
    unsafe = {
        "allow_test_keys": settings.allow_test_keys,
        "sample_seals": settings.sample_seals,
        "tsa_url": not settings.tsa and settings.tsa_url.startswith(TEST_TSA),
        "tsa": any(not each.crls for each in settings.tsa),
        "chain_devnet": settings.chain_devnet,
        "chain_id": settings.chain_id == DEVNET_CHAIN_ID,
        "chain_rpc_url": not settings.chain_rpc_url and not settings.chain_node,
        "chain_node": _one_node_decides(settings),
        "key_password": not settings.key_password.get_secret_value(),
        "registry": settings.registry.endswith("-test"),
    }
    fields = ", ".join(name for name, bad in unsafe.items() if bad)
    if fields:
        raise AnzhengError(
            Code.SETTINGS_UNSAFE,
            f"production refuses the present value of: {fields}; set them for a real installation",
            fields=fields,
        )
