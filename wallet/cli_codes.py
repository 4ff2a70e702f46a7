"""The commands `wallet code | answer | copy`: a licence on a screen, and limited copies of it.

anzheng wallet code --purpose 入园检查 --challenge 4711
anzheng wallet answer question.txt
anzheng wallet copy --recipient 某招标中心 --purpose 投标 --until 2026-12-31
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer

from licence.domain.validity import shanghai_date
from licence.errors import AnzhengError, Code
from licence.formats.fields import moment_text
from licence.formats.qr_text import MAX_TEXT_CHARACTERS
from wallet.cli_parts import JsonFlag, Password, WalletParts, always, ask
from wallet.codes import MAX_QUESTION_BYTES, answer_code, read_data_code, read_question, screen_code
from wallet.durable import read_file, write_file
from wallet.entry import Kept
from wallet.keep import WalletFolder
from wallet.limited import Limits, make_copy
from wallet.qr import Drawing
from wallet.show import Out, answering

COPY_DAYS: Final = 30
"""How long a copy lives when nobody says until when."""

Licence = Annotated[
    str | None,
    typer.Option(help="Number or first digits of the leaf, when there are several."),
]
DataCodeFile = Annotated[
    Path | None,
    typer.Option("--data-code", help="The licence's data code (.qr.txt), if it is not kept yet."),
]
Svg = Annotated[Path | None, typer.Option("--svg", help="Also write the code as a picture (SVG).")]


def add_codes(app: typer.Typer, parts: WalletParts) -> None:
    """Add the commands to those of the wallet."""
    _add_code(app, parts)
    _add_answer(app, parts)
    _add_copy(app, parts)


def _add_code(app: typer.Typer, parts: WalletParts) -> None:
    @app.command("code")
    def command(
        *,
        purpose: Annotated[str, typer.Option(help="What for, 40 characters at most.")],
        password: Password,
        challenge: Annotated[
            str | None, typer.Option(help="The four digits that the verifier tells you.")
        ] = None,
        licence: Licence = None,
        data_code: DataCodeFile = None,
        svg: Svg = None,
        wallet: Annotated[Path, typer.Option(help="Folder of the wallet.")] = parts.folder,
        as_json: JsonFlag = False,
    ) -> None:
        """动态码 Show a licence now: a code that is worth nothing in a minute and a half.

        Example: anzheng wallet code --purpose 入园检查 --challenge 4711
        """
        with answering(as_json) as out:
            folder = WalletFolder(wallet)
            kept = folder.find(licence)
            carried = _data_code(kept, folder, parts, data_code)
            key = folder.open_key(kept, password.encode())
            now = parts.clock.now()
            text = screen_code(kept, key, carried, purpose=purpose, challenge=challenge, now=now)
            _show(out, text, svg, {"leaf": kept.leaf.hex(), "shown_at": moment_text(now)})


def _add_answer(app: typer.Typer, parts: WalletParts) -> None:
    @app.command("answer")
    def command(
        *,
        question: Annotated[
            Path, typer.Argument(help="The verifier's question: text of its code, or its file.")
        ],
        password: Password,
        licence: Licence = None,
        data_code: DataCodeFile = None,
        svg: Svg = None,
        yes: Annotated[
            bool, typer.Option("--yes", help="Agree to whoever asks, for whatever purpose.")
        ] = False,
        wallet: Annotated[Path, typer.Option(help="Folder of the wallet.")] = parts.folder,
        as_json: JsonFlag = False,
    ) -> None:
        """双向亮证 Answer a verifier's code with a code; neither side needs a network.

        Shows who asks and what for, and asks you first.

        Example: anzheng wallet answer question.txt
        """
        with answering(as_json) as out:
            asked = read_question(read_file(question, MAX_QUESTION_BYTES), now=parts.clock.now())
            folder = WalletFolder(wallet)
            kept = folder.find(licence)
            carried = _data_code(kept, folder, parts, data_code)
            key = folder.open_key(kept, password.encode())
            text = answer_code(
                asked, kept, key, carried, now=parts.clock.now(), agree=always if yes else ask
            )
            about = {
                "leaf": kept.leaf.hex(),
                "audience": asked.audience,
                "purpose": asked.purpose,
            }
            _show(out, text, svg, about)


def _add_copy(app: typer.Typer, parts: WalletParts) -> None:
    @app.command("copy")
    def command(  # noqa: PLR0913 - each is an option
        *,
        recipient: Annotated[str, typer.Option(help="Who may use the copy.")],
        purpose: Annotated[str, typer.Option(help="What for.")],
        password: Password,
        until: Annotated[
            datetime | None,
            typer.Option(formats=["%Y-%m-%d"], help="Last day, in China; 90 days at most."),
        ] = None,
        number: Annotated[
            str | None, typer.Option("--copy-no", help="Your own number for it.")
        ] = None,
        licence: Licence = None,
        out_file: Annotated[Path, typer.Option("--out", help="Where it is written.")] = Path(
            "licence.copy.json"
        ),
        wallet: Annotated[Path, typer.Option(help="Folder of the wallet.")] = parts.folder,
        as_json: JsonFlag = False,
    ) -> None:
        """加注件 Make a copy for one recipient and one purpose; the file itself stays here.

        Example: anzheng wallet copy --recipient 某招标中心 --purpose 投标 --until 2026-12-31
        """
        with answering(as_json) as out:
            now = parts.clock.now()
            folder = WalletFolder(wallet)
            kept = folder.find(licence)
            today = shanghai_date(now)
            limits = Limits(
                copy_no=number or now.astimezone(UTC).strftime("%Y%m%d-%H%M%S"),
                recipient=recipient,
                purpose=purpose,
                ends_on=until.date() if until is not None else today + timedelta(days=COPY_DAYS),
            )
            key = folder.open_key(kept, password.encode())
            data = make_copy(kept, key, limits, now=now, read_certificates=parts.read_certificates)
            write_file(out_file, data)
            value = {
                "leaf": kept.leaf.hex(),
                "copy_no": limits.copy_no,
                "recipient": recipient,
                "purpose": purpose,
                "ends_on": limits.ends_on.isoformat(),
                "file": str(out_file),
            }
            lines = [
                f"已写入 Written: {out_file}  ({limits.copy_no})",
                f"仅供 {recipient} 用于 {purpose},至 {limits.ends_on.isoformat()}",
            ]
            out.say(value, lines)


def _data_code(kept: Kept, folder: WalletFolder, parts: WalletParts, given: Path | None) -> str:
    """Return the licence's data code: the one given, the one kept, or the authority's."""
    if given is not None:
        text = read_file(given, MAX_TEXT_CHARACTERS).decode("ascii", "replace").strip()
        folder.keep_data_code(kept, read_data_code(text, kept))
        return text
    known = folder.data_code(kept)
    if known is not None:
        return read_data_code(known, kept)
    fetched = parts.open_desk(kept.desk).data_code(kept.leaf)
    if fetched is None:
        raise AnzhengError(
            Code.NOT_FOUND,
            "the authority has no data code of this licence; ask it for one and name it by"
            " --data-code",
        )
    folder.keep_data_code(kept, read_data_code(fetched, kept))
    return fetched


def _show(out: Out, text: str, svg: Path | None, about: dict[str, str]) -> None:
    drawing = Drawing(text)
    if svg is not None:
        write_file(svg, drawing.svg().encode())
    out.say(
        {**about, "text": text, "svg": str(svg) if svg is not None else None},
        [*drawing.lines(), text, "请查验方扫码核验 Let the verifier scan it."],
    )
