"""`anzheng authority keys`: ceremonies that make, follow and end keys, and what came of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from anzheng.commands.common import JsonFlag, answering, read_file, settings_of
from licence.errors import AnzhengError, Code

if TYPE_CHECKING:
    from anzheng.flows.key_ceremony import Attendance, Held
    from anzheng.key_book import KeyState
    from anzheng.settings import Settings
    from licence.formats.ceremony import Purpose

app = typer.Typer(help="密钥仪式 Key ceremonies: two officers, one record.", no_args_is_help=True)

AuthorityCode = Annotated[str, typer.Argument(help="Code of the issuing authority.")]
Officers = Annotated[
    list[str], typer.Option("--officer", help="An officer who takes part; twice or more.")
]
KeyFiles = Annotated[
    list[Path],
    typer.Option("--key", help="Key file of an officer, in the order of --officer; a trial's own."),
]
PlaceName = Annotated[str, typer.Option(help="Where the ceremony is held.")]
PurposeName = Annotated[
    str, typer.Option(help="licence, qr; of the installation: tsa, issuing, holder-ca, root")
]
Store = Annotated[str, typer.Option(help="file: or pkcs11:token=LABEL")]
Bits = Annotated[int, typer.Option(help="Size of an RSA key; 0 is the usual one.")]
SignsFrom = Annotated[
    str, typer.Option(help="From when on it signs, as 2026-11-22T08:00:00+08:00; at once if absent")
]
Certificate = Annotated[
    Path | None, typer.Option(help="Certificate (DER) that a CA elsewhere made for the request.")
]


@app.command()
def init(  # noqa: PLR0913 - the options of a command
    context: typer.Context,
    authority: AuthorityCode,
    *,
    officer: Officers,
    place: PlaceName,
    key: KeyFiles = [],  # noqa: B006 - typer copies it
    purpose: PurposeName = "licence",
    store: Store = "file:",
    bits: Bits = 0,
    signs_from: SignsFrom = "",
    certificate: Certificate = None,
    as_json: JsonFlag = False,
) -> None:
    """生成密钥 Make the first key of a purpose.

    Example: anzheng authority keys init 1121000000TXT10121 --purpose qr --place 一号机房
    --officer 1121000000TXT10121-1 --officer 1121000000TXT10121-2
    """
    asked = _Asked(
        authority=authority,
        purpose=purpose,
        store=store,
        bits=bits,
        signs_from=signs_from,
        certificate=certificate,
        officers=officer,
        keys=key,
        place=place,
    )
    _make(context, "init", asked, as_json=as_json)


@app.command()
def rotate(  # noqa: PLR0913 - the options of a command
    context: typer.Context,
    authority: AuthorityCode,
    *,
    officer: Officers,
    place: PlaceName,
    key: KeyFiles = [],  # noqa: B006 - typer copies it
    purpose: PurposeName = "licence",
    store: Store = "file:",
    bits: Bits = 0,
    signs_from: SignsFrom = "",
    certificate: Certificate = None,
    as_json: JsonFlag = False,
) -> None:
    """轮换 Make the next key: it signs at once or from a moment on; what the old one signed stays.

    Example: anzheng authority keys rotate 1121000000TXT10121 --place 一号机房
    --officer 1121000000TXT10121-1 --officer 1121000000TXT10121-2
    """
    asked = _Asked(
        authority=authority,
        purpose=purpose,
        store=store,
        bits=bits,
        signs_from=signs_from,
        certificate=certificate,
        officers=officer,
        keys=key,
        place=place,
    )
    _make(context, "rotate", asked, as_json=as_json)


@app.command()
def close(  # noqa: PLR0913 - the options of a command
    context: typer.Context,
    authority: AuthorityCode,
    name: Annotated[str, typer.Argument(help="Name of the key, as `keys list` shows it.")],
    *,
    officer: Officers,
    place: PlaceName,
    reason: Annotated[str, typer.Option(help="Why, as the record says it.")],
    compromised_since: Annotated[
        str, typer.Option(help="It leaked: nothing of it is believed from this moment on.")
    ] = "",
    key: KeyFiles = [],  # noqa: B006 - typer copies it
    as_json: JsonFlag = False,
) -> None:
    """停用 End a key. A routine end only stops signing; a leaked key is revoked and not believed.

    Example: anzheng authority keys close 1121000000TXT10121 signer-1121000000TXT10121
    --reason 例行更换 --place 一号机房 --officer 1121000000TXT10121-1 --officer 1121000000TXT10121-2
    """
    from anzheng.flows import keys as ceremonies
    from anzheng.flows.keys import Closing
    from anzheng.wiring import open_key_office
    from licence.ids import AuthorityId

    settings = settings_of(context)
    with answering(as_json=as_json) as out, open_key_office(settings) as office:
        since = _moment(compromised_since)
        closing = Closing(AuthorityId(authority), name, reason, since)
        held = ceremonies.close(office, closing, _present(settings, officer, key, place))
        out.say(_facts(held), _lines(held))


@app.command("list")
def list_(
    context: typer.Context,
    authority: Annotated[str, typer.Argument(help="Only keys of this authority.")] = "",
    *,
    as_json: JsonFlag = False,
) -> None:
    """列出密钥 List all keys: what for, since when they sign, which were closed and why.

    Example: anzheng authority keys list --json
    """
    from anzheng import key_book
    from anzheng.flows.key_ceremony import not_signed
    from anzheng.wiring import open_key_office

    settings = settings_of(context)
    with answering(as_json=as_json) as out, open_key_office(settings) as office:
        keys = [key for key in office.book().keys if authority in {"", key.authority}]
        begun = key_book.unfinished(settings.data_dir)
        rows = [_row(key, office.ring.uri(key.name)) for key in keys]
        lines = [
            " ".join(f"{name}={value}" for name, value in row.items() if value is not None)
            for row in rows
        ]
        lines += [
            f"{each.id} ({each.act.value} {each.key}) was begun and not finished" for each in begun
        ]
        doubtful = not_signed(office)
        lines += [f"{each} is not signed by officers of today" for each in doubtful]
        out.say(
            {
                "keys": rows,
                "unfinished": begun[0].id if begun else None,
                "not_signed": list(doubtful),
            },
            lines,
        )


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was typed to make a key, the first or the next."""

    authority: str
    purpose: str
    store: str
    bits: int
    signs_from: str
    certificate: Path | None
    officers: Sequence[str]
    keys: Sequence[Path]
    place: str


def _make(context: typer.Context, act: str, asked: _Asked, *, as_json: bool) -> None:
    from anzheng.flows import keys as ceremonies
    from anzheng.flows.keys import Wish
    from anzheng.wiring import open_key_office
    from licence.formats.ceremony import Act
    from licence.ids import AuthorityId

    settings = settings_of(context)
    with answering(as_json=as_json) as out, open_key_office(settings) as office:
        wish = Wish(
            Act(act),
            AuthorityId(asked.authority),
            _purpose(asked.purpose),
            asked.store,
            asked.bits,
            _moment(asked.signs_from),
            None if asked.certificate is None else read_file(asked.certificate),
        )
        present = _present(settings, asked.officers, asked.keys, asked.place)
        held = ceremonies.make(office, wish, present)
        out.say(_facts(held), _lines(held))


def _present(
    settings: "Settings", officers: Sequence[str], keys: Sequence[Path], place: str
) -> "Attendance":
    from anzheng.flows.key_ceremony import Attendance
    from anzheng.wiring import officer_key
    from licence.ids import OfficerId

    if keys and len(keys) != len(officers):
        raise AnzhengError(Code.REQUEST_INVALID, "give a --key for each --officer, or none")
    places: Sequence[Path | None] = keys or [None] * len(officers)
    opened = {
        OfficerId(name): officer_key(settings, OfficerId(name), file)
        for name, file in zip(officers, places, strict=True)
    }
    return Attendance(opened, place)


def _purpose(name: str) -> "Purpose":
    from licence.formats.ceremony import Purpose

    try:
        return Purpose(name)
    except ValueError:
        names = ", ".join(each.value for each in Purpose)
        raise AnzhengError(Code.REQUEST_INVALID, f"--purpose is one of {names}") from None


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = datetime.min  # noqa: DTZ901 - has no zone, and is refused
    if moment.tzinfo is None:
        raise AnzhengError(
            Code.REQUEST_INVALID, "a moment is written with its zone: 2026-11-22T08:00:00+08:00"
        )
    return moment.astimezone(UTC)


def _facts(held: "Held") -> dict[str, object]:
    order = held.record.order
    certificate = held.record.key.certificate
    return {
        "ceremony": order.id,
        "act": order.act.value,
        "key": order.key,
        "certificate": None if certificate is None else certificate.hex(),
        "record": str(held.folder),
        "bundle": held.bundle,
    }


def _lines(held: "Held") -> list[str]:
    order = held.record.order
    published = (
        "the trust bundle is to be signed where its keys are"
        if held.bundle is None
        else f"trust bundle {held.bundle} tells verifiers"
    )
    return [f"{order.act.value} {order.key}: {held.folder}", published]


def _row(key: "KeyState", uri: str) -> dict[str, str | None]:
    def text(moment: datetime | None) -> str | None:
        return None if moment is None else moment.isoformat()

    return {
        "key": key.name,
        "purpose": key.purpose.value,
        "authority": key.authority,
        "store": uri.partition(":")[0],
        "signs_from": text(key.signs_from) if key.ceremony else None,
        "follows": key.previous,
        "ceremony": key.ceremony,
        "closed_at": text(key.closed_at),
        "reason": key.reason,
        "not_believed_from": text(key.distrust_from),
    }
