"""Commands of the service: run it, and make, list and withdraw API keys."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

import typer

from licence.errors import AnzhengError, Code
from licence.formats.fields import moment_text, whole_second
from licence.formats.verdict import EXIT_USAGE
from licence.ports import Clock, Entropy
from verifier.service.api_keys import EVERYBODY, ApiKey, KeyBook, NewKey, Scope
from verifier.service.settings import load

KEYS: Final = "api-keys.json"

ConfigOption = Annotated[
    Path | None, typer.Option(help="设置文件 Settings of the verifier's service (TOML).")
]
HostOption = Annotated[str | None, typer.Option(help="Address; that of the settings if absent.")]
PortOption = Annotated[int | None, typer.Option(help="Port; that of the settings if absent.")]
TrustOption = Annotated[
    Path | None, typer.Option(help="信任文件夹 Trust folder; that of the settings if absent.")
]
RegistryOption = Annotated[
    str | None, typer.Option(help="登记库 URL of the registry; that of the settings if absent.")
]
FileOption = Annotated[Path, typer.Option("--file", help="密钥文件 The file of the API keys.")]
JsonFlag = Annotated[bool, typer.Option("--json", help="Answer with JSON.")]


def add_run(app: typer.Typer, name: str, clock: Clock, entropy: Entropy) -> None:
    """Add the command that serves.

    Args:
        app: Where to.
        name: What the command is called there.
        clock: Tells the time.
        entropy: For ids.
    """

    @app.command(name)
    def run_service(
        *,
        config: ConfigOption = None,
        host: HostOption = None,
        port: PortOption = None,
        trust: TrustOption = None,
        registry: RegistryOption = None,
        workers: Annotated[
            int | None, typer.Option(help="Child processes; one for each core if absent.")
        ] = None,
    ) -> None:
        """查验服务 Serve the verifier: page, offline page, API and batches; logs are JSON lines.

        Settings: docs/verifier-service.md. SIGTERM answers what is under way, then ends.

        Example: anzheng serve verifier --trust var/demo/trust --port 8480
        """
        from verifier.service.opening import open_service  # noqa: PLC0415 - `--help` stays fast
        from verifier.service.running import run  # noqa: PLC0415

        with telling():
            settings = load(
                config,
                listen_host=host,
                listen_port=port,
                trust_folder=trust,
                registry_url=registry,
                workers=workers,
            )
            with open_service(settings, clock, entropy) as opened:
                run(opened, settings.listen_host, settings.listen_port)


def keys_app(clock: Clock, entropy: Entropy) -> typer.Typer:
    """Return the commands for API keys."""
    app = typer.Typer(no_args_is_help=True, help="接口密钥 API keys of the verifier's service.")

    @app.command("make")
    def make(
        name: Annotated[str, typer.Argument(help="机构名称 Whose key it is.")],
        *,
        file: FileOption = Path(KEYS),
        days: Annotated[int, typer.Option(min=1, max=3_650, help="Good for so many days.")] = 365,
        scope: Annotated[
            list[Scope] | None, typer.Option(help="What it may do; everything if absent.")
        ] = None,
        per_minute: Annotated[int | None, typer.Option(min=1, help="A rate of its own.")] = None,
        per_day: Annotated[int | None, typer.Option(min=1, help="Files a day of its own.")] = None,
        as_json: JsonFlag = False,
    ) -> None:
        """制作密钥 Make a key and print it once; only its digest is kept.

        Example: python -m verifier.service keys make 某某银行 --scope verify --scope batch
        """
        with telling():
            wanted = NewKey(name, frozenset(scope or EVERYBODY), per_minute, per_day)
            now = whole_second(clock.now())
            key, text = KeyBook(file).make(
                wanted, now=now, expires_at=now + timedelta(days=days), entropy=entropy
            )
            say({"key": text, **_value(key)}, f"{text}\n{_line(key)}", as_json=as_json)

    @app.command("list")
    def show(*, file: FileOption = Path(KEYS), as_json: JsonFlag = False) -> None:
        """列出密钥 List keys; their secrets are not known here.

        Example: python -m verifier.service keys list --file api-keys.json
        """
        with telling():
            for key in KeyBook(file).all():
                say(_value(key), _line(key), as_json=as_json)

    @app.command("withdraw")
    def withdraw(
        key_id: Annotated[str, typer.Argument(help="Public part of the key: azk_<this>_…")],
        *,
        file: FileOption = Path(KEYS),
        as_json: JsonFlag = False,
    ) -> None:
        """作废密钥 Withdraw a key; a running service refuses it from the next request on.

        Example: python -m verifier.service keys withdraw k3x7q2ab
        """
        with telling():
            key = KeyBook(file).withdraw(key_id, whole_second(clock.now()))
            say(_value(key), _line(key), as_json=as_json)

    return app


@contextmanager
def telling() -> Iterator[None]:
    """Say an error on one line, and end with the exit code for usage."""
    try:
        yield
    except AnzhengError as error:
        sys.stderr.write(f"{error.code.value}: {error.message}\n")
        usage = {Code.REQUEST_INVALID, Code.SETTINGS_INVALID, Code.NOT_FOUND, Code.CONFLICT}
        raise typer.Exit(EXIT_USAGE if error.code in usage else 2) from error


def say(value: dict[str, object], line: str, *, as_json: bool) -> None:
    """Print an answer."""
    text = json.dumps(value, ensure_ascii=False) if as_json else line
    sys.stdout.write(f"{text}\n")


def _value(key: ApiKey) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "expires_at": moment_text(key.expires_at),
        "withdrawn_at": moment_text(key.withdrawn_at) if key.withdrawn_at else None,
    }


def _line(key: ApiKey) -> str:
    state = f"已作废 withdrawn {moment_text(key.withdrawn_at)}" if key.withdrawn_at else ""
    until = moment_text(key.expires_at)
    return (
        f"{key.id}  {key.name}  {','.join(sorted(key.scopes))}  至 until {until}  {state}".strip()
    )
