"""Settings of the verifier's service: environment, a TOML file, or secrets mounted as files.

Every field has the environment variable `ANZHENG_VERIFIER_<NAME>`, which wins over the file; a
secret may also lie in a file `/run/secrets/anzheng_verifier_<name>`.
"""

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Final

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from typing_extensions import override

from licence.errors import AnzhengError, Code

PREFIX: Final = "ANZHENG_VERIFIER_"
SECRETS: Final = Path("/run/secrets")
MIB: Final = 1024 * 1024


class ServiceSettings(BaseSettings):
    """Everything that may differ from one service to the next; docs/verifier-service.md."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    listen_host: str = "127.0.0.1"
    listen_port: int = Field(default=8480, ge=0, le=65535)
    trusted_proxies: tuple[str, ...] = ()
    connections: int = Field(default=1_000, ge=1)
    stop_seconds: int = Field(default=30, ge=1, le=600)

    trust_folder: Path = Path("trust")
    first_root: Path | None = None
    state_dir: Path | None = None
    registry_url: str = Field(default="", pattern="^(?:https?://.+)?$")
    rpc_url: str = Field(default="", pattern="^(?:https?://.+)?$")
    trust_refresh_seconds: int = Field(default=600, ge=10)

    workers: int = Field(default=0, ge=0, le=256)
    waiting: int = Field(default=64, ge=1)
    job_seconds: float = Field(default=30.0, gt=0)
    upload_seconds: float = Field(default=60.0, gt=0)
    upload_memory_mb: int = Field(default=256, ge=50)

    batch_files: int = Field(default=1_000, ge=1, le=1_000)
    batch_mb: int = Field(default=512, ge=1)
    batches: int = Field(default=8, ge=1)

    result_hours: int = Field(default=24, ge=1, le=24)
    results_mb: int = Field(default=512, ge=1)

    address_per_minute: int = Field(default=60, ge=1)
    address_per_day: int = Field(default=2_000, ge=1)
    key_per_minute: int = Field(default=6_000, ge=1)
    key_per_day: int = Field(default=1_000_000, ge=1)
    anonymous: bool = True
    api_keys: Path | None = None
    redis_url: SecretStr = SecretStr("")
    replicas: int = Field(default=1, ge=1)

    report_key: Path | None = None
    report_password_file: Path | None = None
    report_certs: tuple[Path, ...] = ()
    report_tsa_url: str = Field(default="", pattern="^(?:https?://.+)?$")
    otlp_url: str = Field(default="", pattern="^(?:https?://.+)?$")
    pages: Path | None = None
    forgery_url: str = "tel:12350"

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            ip_network(each)
        return value

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
        """Read arguments, the environment, mounted secrets, then the TOML file."""
        toml = TomlConfigSettingsSource(settings_cls)
        return init_settings, env_settings, file_secret_settings, toml

    @property
    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Networks whose word about who asks is believed."""
        return tuple(ip_network(each) for each in self.trusted_proxies)


def load(config: Path | None = None, **given: object) -> ServiceSettings:
    """Read the settings.

    Args:
        config: A TOML file, or None for none.
        given: Fields that win over file and environment; None is not given.

    Raises:
        AnzhengError: SETTINGS_INVALID.
    """
    if config is not None and not config.is_file():
        raise AnzhengError(
            Code.SETTINGS_INVALID, f"there is no settings file {config}", path=str(config)
        )

    class _FromFiles(ServiceSettings):
        model_config = SettingsConfigDict(
            toml_file=config, secrets_dir=SECRETS if SECRETS.is_dir() else None
        )

    try:
        read = _FromFiles(**{key: value for key, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as exc:
        first = exc.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        # Without its cause, which repeats what was given: it may be a password.
        raise AnzhengError(
            Code.SETTINGS_INVALID, f"setting {field}: {first['msg']}", field=field
        ) from None
    except ValueError as exc:
        raise AnzhengError(
            Code.SETTINGS_INVALID, f"settings file {config or '(none)'} or environment: {exc}"
        ) from None
    return ServiceSettings.model_construct(**dict(read))
