"""What all commands of the wallet share: options, the parts they work with, the holder's word."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from licence.formats.fields import moment_text
from licence.formats.holder import PresentationRequest
from licence.ports import Clock
from wallet.desk_http import HttpClaimDesk
from wallet.limited import ReadCertificates
from wallet.ports import Checker, ClaimDesk

PASSWORD_VARIABLE: Final = "ANZHENG_WALLET_PASSWORD"  # noqa: S105 - the name of a variable

JsonFlag = Annotated[bool, typer.Option("--json", help="Answer as JSON, for machines.")]
Password = Annotated[
    str,
    typer.Option(
        envvar=PASSWORD_VARIABLE,
        prompt="钱包密码 Wallet password",
        hide_input=True,
        show_default=False,
        help="Password of the key; better by the variable, or typed when asked.",
    ),
]
NewPassword = Annotated[
    str,
    typer.Option(
        envvar=PASSWORD_VARIABLE,
        prompt="钱包密码 Wallet password",
        confirmation_prompt=True,
        hide_input=True,
        show_default=False,
        help="Password for the key, 8 characters or more; better by the variable.",
    ),
]


@dataclass(frozen=True, slots=True)
class WalletParts:
    """What the commands work with.

    Attributes:
        clock: Tells the time.
        open_checker: Makes a verifier that believes a trust folder.
        open_desk: Makes the claim desk at a URL.
        folder: The wallet unless another is named.
        trust: The trust folder unless another is named.
        registry: The authority's URL unless another is named.
        read_certificates: Reads those of a licence file that its signature does not bring.
    """

    clock: Clock
    open_checker: Callable[[Path], Checker]
    open_desk: Callable[[str], ClaimDesk] = HttpClaimDesk
    folder: Path = Path("wallet")
    trust: Path = Path("trust")
    registry: str = "http://127.0.0.1:8470"
    read_certificates: ReadCertificates = lambda _pdf: ()


def always(_request: PresentationRequest) -> bool:
    """Agree unasked."""
    return True


def ask(request: PresentationRequest) -> bool:
    """Show who asks and what for, and ask the holder."""
    typer.echo(f"查验方 Who asks:  {request.audience}", err=True)
    typer.echo(f"用途 What for:    {request.purpose}", err=True)
    typer.echo(f"有效至 Good until: {moment_text(request.expires_at)}", err=True)
    return typer.confirm("同意亮证吗 Present the licence?", default=False, err=True)
