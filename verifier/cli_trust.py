"""The commands `trust`: what this verifier believes, how old that is, and how it gets newer.

anzheng trust update --registry https://registry.example --first-root 1.root.json
anzheng trust import trust.zip
anzheng trust show
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final

import typer

from licence.errors import AnzhengError, Code
from licence.formats.fields import moment_text
from licence.formats.verdict import EXIT_USAGE
from licence.ids import Digest
from licence.ports import Clock
from verifier import memory as memories
from verifier.cli_inputs import read_file
from verifier.cli_print import tell
from verifier.memory import memory_path
from verifier.offline import no_network
from verifier.trust import MAX_ROOT_BYTES, TrustStore, load_trust
from verifier.trust_pack import import_trust
from verifier.trust_update import Source, update_trust, verifiers_lists

EXIT_FAILED: Final = 1
_SOURCE: Final = ".source"
_MAX_URL: Final = 2_000
_HELP: Final = "信任 What this verifier believes: update, show, import."

Trust = Annotated[Path, typer.Option(help="信任文件夹 Folder of the trust repository.")]
FirstRoot = Annotated[
    Path | None,
    typer.Option(
        help="首个根 1.root.json from a source of its own, for a folder that is new.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]


def trust_app(clock: Clock, *, default_trust: Path = Path("trust")) -> typer.Typer:
    """Return the group of commands, for any Typer application.

    Args:
        clock: Tells the time.
        default_trust: Trust folder when none is named.
    """
    app = typer.Typer(help=_HELP, no_args_is_help=True)
    add_trust_commands(app, clock, default_trust=default_trust)

    @app.command("show")
    def show(*, trust: Trust = default_trust, as_json: AsJson = False) -> None:
        """查看 Say what is believed, and how old that is.

        Example: anzheng trust show --trust trust/
        """
        show_trust(trust, clock, as_json=as_json)

    return app


def add_trust_commands(
    app: typer.Typer, clock: Clock, *, default_trust: Path = Path("trust")
) -> None:
    """Add `update` and `import` to a group that has a `show` of its own.

    Args:
        app: The group.
        clock: Tells the time.
        default_trust: Trust folder when none is named.
    """
    app.command("update")(_update_command(clock, default_trust))
    app.command("import")(_import_command(clock, default_trust))


def show_trust(folder: Path, clock: Clock, *, as_json: bool) -> None:
    """Say what a trust folder holds, and how old that is; leaves with an exit code on an error."""
    with _told(as_json=as_json), no_network():
        now = clock.now()
        store = load_trust(folder, now=now, memory=memories.load(memory_path(folder)))
        _say(_told_of(store, now), as_json=as_json)


def _update_command(clock: Clock, default_trust: Path) -> Callable[..., None]:
    def update(
        *,
        trust: Trust = default_trust,
        registry: Annotated[
            str | None,
            typer.Option(help="登记库 URL of the registry; the one of the last time if absent."),
        ] = None,
        first_root: FirstRoot = None,
        as_json: AsJson = False,
    ) -> None:
        """更新 Bring the trust folder up to date over the network.

        Example: anzheng trust update --registry https://registry.example --first-root 1.root.json
        """
        with _told(as_json=as_json):
            now = clock.now()
            url = registry if registry is not None else _source_of(trust)
            root = read_file(first_root, MAX_ROOT_BYTES) if first_root is not None else None
            place = memory_path(trust)
            store = update_trust(
                trust,
                Source(f"{url.rstrip('/')}/trust", root),
                now=now,
                memory=memories.load(place),
                wanted=verifiers_lists,
            )
            memories.save(place, store.memory)
            _remember_source(trust, url)
            _say(_told_of(store, now), as_json=as_json)

    return update


def _import_command(clock: Clock, default_trust: Path) -> Callable[..., None]:
    def import_(
        pack: Annotated[
            Path,
            typer.Argument(help="信任包 A ZIP or tar file, or a folder, from whoever has one."),
        ],
        *,
        trust: Trust = default_trust,
        first_root: FirstRoot = None,
        as_json: AsJson = False,
    ) -> None:
        """导入 Take over a trust pack without network; an older one is refused.

        Example: anzheng trust import trust.zip
        """
        with _told(as_json=as_json), no_network():
            now, place = clock.now(), memory_path(trust)
            root = None
            if first_root is not None:
                root = Digest(sha256(read_file(first_root, MAX_ROOT_BYTES)).digest())
            store = import_trust(pack, trust, now=now, memory=memories.load(place), first_root=root)
            memories.save(place, store.memory)
            _say(_told_of(store, now), as_json=as_json)

    return import_


# ---------------------------------------------------------------- what is said


@dataclass(frozen=True, slots=True)
class _Age:
    """What is said about a trust folder."""

    folder: str
    bundle_version: int
    environment: str
    authorities: tuple[tuple[str, str], ...]
    signed_at: datetime
    fresh_until: datetime
    first_root: str
    now: datetime

    @property
    def is_stale(self) -> bool:
        return self.now > self.fresh_until

    @property
    def age(self) -> timedelta:
        return max(self.now - self.signed_at, timedelta())


def _told_of(store: TrustStore, now: datetime) -> _Age:
    bundle = store.bundle
    return _Age(
        folder=str(store.folder),
        bundle_version=bundle.version,
        environment=bundle.environment.value,
        authorities=tuple((str(each.id), each.name) for each in bundle.authorities),
        signed_at=store.newest_signed_time,
        fresh_until=store.metadata_expires_at,
        first_root=(store.memory.first_root or b"").hex(),
        now=now,
    )


def _say(age: _Age, *, as_json: bool) -> None:
    if as_json:
        value = {
            "folder": age.folder,
            "bundle_version": age.bundle_version,
            "environment": age.environment,
            "authorities": [name for name, _ in age.authorities],
            "signed_at": moment_text(age.signed_at),
            "age_seconds": int(age.age.total_seconds()),
            "fresh_until": moment_text(age.fresh_until),
            "first_root": age.first_root,
            "stale": age.is_stale,
        }
        sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
        return
    state = "已过期,请更新 stale: update it" if age.is_stale else "有效 fresh"
    lines = [
        f"{age.folder}: 信任包 bundle {age.bundle_version} ({age.environment}), {state}",
        f"  签发于 signed at {moment_text(age.signed_at)} ({_since(age.age)})",
        f"  有效至 fresh until {moment_text(age.fresh_until)}",
        # Believed at first use, unless --first-root was given: to be compared with a printed one.
        f"  首个根 first root SHA-256 {age.first_root}",
        *(f"  {name} {words}" for name, words in age.authorities),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


def _since(age: timedelta) -> str:
    hours, minutes = divmod(int(age.total_seconds()) // 60, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} 天 {hours} 小时前, {days} d {hours} h ago"
    return f"{hours} 小时 {minutes} 分前, {hours} h {minutes} min ago"


def _source_path(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}{_SOURCE}")


def _source_of(folder: Path) -> str:
    try:
        return read_file(_source_path(folder), _MAX_URL).decode("ascii").strip()
    except (AnzhengError, UnicodeDecodeError) as error:
        raise AnzhengError(
            Code.REQUEST_INVALID, "name the registry by --registry; it is remembered"
        ) from error


def _remember_source(folder: Path, url: str) -> None:
    try:
        _source_path(folder).write_text(f"{url}\n", "ascii")
    except (OSError, UnicodeEncodeError) as error:
        raise AnzhengError(
            Code.STORE_FAILED, "the registry's address cannot be remembered"
        ) from error


@contextmanager
def _told(*, as_json: bool) -> Iterator[None]:
    """Say an error of ours on one line, and leave: 3 for wrong usage, 1 for the rest."""
    try:
        yield
    except AnzhengError as error:
        tell(error.code, error.message, as_json=as_json)
        usage = error.code is Code.REQUEST_INVALID
        raise typer.Exit(EXIT_USAGE if usage else EXIT_FAILED) from error
