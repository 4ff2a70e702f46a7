"""The commands `wallet claim | list | present | refresh`, and those of `cli_codes`.

    anzheng wallet claim K7Q2-5XMD-44TB-M3FA
    anzheng wallet list
    anzheng wallet present request.json --out answer.json
    anzheng wallet refresh

No command says whether a licence is valid: the holder's own screen proves nothing to others.
"""

from pathlib import Path
from typing import Annotated

import typer

from licence.errors import AnzhengError, Code
from licence.formats.fields import moment_text
from licence.formats.holder import MAX_MESSAGE_BYTES, encode_presentation
from wallet.claim import claim
from wallet.cli_codes import add_codes
from wallet.cli_parts import (
    PASSWORD_VARIABLE,
    JsonFlag,
    NewPassword,
    Password,
    WalletParts,
    always,
    ask,
)
from wallet.durable import read_file, write_file
from wallet.entry import Kept
from wallet.keep import WalletFolder
from wallet.present import answer, read_request
from wallet.refresh import is_complete, refresh
from wallet.show import Out, answering, describe, lines_of

__all__ = ["PASSWORD_VARIABLE", "WalletParts", "wallet_app"]


def wallet_app(parts: WalletParts) -> typer.Typer:
    """Return the commands, to be mounted as `wallet`."""
    app = typer.Typer(
        name="wallet",
        help="持证企业的钱包 The holder's wallet: claim, list, present, codes, copies.",
        no_args_is_help=True,
        add_completion=False,
    )
    _add_claim(app, parts)
    _add_list(app, parts)
    _add_present(app, parts)
    _add_refresh(app, parts)
    add_codes(app, parts)
    return app


def _add_claim(app: typer.Typer, parts: WalletParts) -> None:
    @app.command("claim")
    def command(
        *,
        code: Annotated[
            str,
            typer.Argument(help="The one-time code on the receipt.", show_default=False),
        ],
        password: NewPassword,
        wallet: Annotated[Path, typer.Option(help="Folder of the wallet.")] = parts.folder,
        registry: Annotated[str, typer.Option(help="URL of the authority.")] = parts.registry,
        trust: Annotated[
            Path, typer.Option(help="Trust folder by which the file is verified.")
        ] = parts.trust,
        unverified: Annotated[
            bool, typer.Option("--unverified", help="Keep the file without verifying it.")
        ] = False,
        as_json: JsonFlag = False,
    ) -> None:
        """申领许可证 Claim a licence: make its key here, get its certificate, keep the file.

        Repeating the command after a failure is safe.

        Example: anzheng wallet claim K7Q2-5XMD-44TB-M3FA --trust trust/
        """
        with answering(as_json) as out:
            if not unverified and not trust.is_dir():
                raise AnzhengError(
                    Code.REQUEST_INVALID,
                    f"there is no trust folder {trust} to verify the file by; name one by --trust,"
                    " or say --unverified",
                )
            folder = WalletFolder(wallet)
            claimed = claim(
                code,
                desk=parts.open_desk(registry),
                desk_name=registry,
                folder=folder,
                password=password.encode(),
                checker=None if unverified else parts.open_checker(trust),
                now=parts.clock.now(),
            )
            _tell(out, folder, claimed.kept)


def _add_list(app: typer.Typer, parts: WalletParts) -> None:
    @app.command("list")
    def command(
        *,
        wallet: Annotated[Path, typer.Option(help="Folder of the wallet.")] = parts.folder,
        as_json: JsonFlag = False,
    ) -> None:
        """列出许可证 List what is in the wallet; needs no password.

        Example: anzheng wallet list --json
        """
        with answering(as_json) as out:
            folder = WalletFolder(wallet)
            contents = folder.contents()
            value = {
                "licences": [describe(kept, folder.folder(kept)) for kept in contents.kept],
                "damaged": [
                    {"folder": one.folder, "code": one.error.code.value, **one.error.facts}
                    for one in contents.damaged
                ],
            }
            lines = [line for kept in contents.kept for line in lines_of(kept)]
            lines += [f"! {one.error.message}" for one in contents.damaged]
            if not lines:
                lines = ["钱包是空的 The wallet is empty. Next: anzheng wallet claim CODE"]
            out.say(value, lines)


def _add_present(app: typer.Typer, parts: WalletParts) -> None:
    @app.command("present")
    def command(
        *,
        request: Annotated[Path, typer.Argument(help="The verifier's request (JSON file).")],
        password: Password,
        licence: Annotated[
            str | None,
            typer.Option(help="Number or first digits of the leaf, when there are several."),
        ] = None,
        out_file: Annotated[
            Path, typer.Option("--out", help="Where the answer is written.")
        ] = Path("presentation.json"),
        yes: Annotated[
            bool, typer.Option("--yes", help="Agree to whoever asks, for whatever purpose.")
        ] = False,
        wallet: Annotated[Path, typer.Option(help="Folder of the wallet.")] = parts.folder,
        as_json: JsonFlag = False,
    ) -> None:
        """亮证 Answer a verifier's request with a signed presentation.

        Shows who asks and what for, and asks you first.

        Example: anzheng wallet present request.json --out answer.json
        """
        with answering(as_json) as out:
            now = parts.clock.now()
            asked = read_request(read_file(request, MAX_MESSAGE_BYTES), now=now)
            folder = WalletFolder(wallet)
            kept = folder.find(licence)
            key = folder.open_key(kept, password.encode())
            made = answer(asked, kept, key, now=now, agree=always if yes else ask)
            write_file(out_file, encode_presentation(made))
            value = {
                "leaf": kept.leaf.hex(),
                "audience": asked.audience,
                "purpose": asked.purpose,
                "presented_at": moment_text(made.presented_at),
                "certificate_anchored": made.evidence is not None,
                "file": str(out_file),
            }
            out.say(value, [f"已写入 Written: {out_file}", "请交查验方核验 Hand it to who asked."])


def _add_refresh(app: typer.Typer, parts: WalletParts) -> None:
    @app.command("refresh")
    def command(
        *,
        wallet: Annotated[Path, typer.Option(help="Folder of the wallet.")] = parts.folder,
        as_json: JsonFlag = False,
    ) -> None:
        """补全证据 Fetch the anchor evidence that was not there yet when a licence was claimed.

        Example: anzheng wallet refresh
        """
        with answering(as_json) as out:
            folder = WalletFolder(wallet)
            found = [
                kept if is_complete(kept) else refresh(kept, parts.open_desk(kept.desk), folder)
                for kept in folder.contents().kept
            ]
            waiting = sum(not is_complete(kept) for kept in found)
            value = {
                "licences": [describe(kept, folder.folder(kept)) for kept in found],
                "waiting": waiting,
            }
            out.say(value, [f"{len(found)} 份,待补 waiting: {waiting}"])


def _tell(out: Out, folder: WalletFolder, kept: Kept) -> None:
    place = folder.folder(kept)
    out.say(describe(kept, place), [*lines_of(kept), f"已存入 Kept in: {place}"])
