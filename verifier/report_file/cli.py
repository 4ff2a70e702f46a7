"""The commands `report-key`: make the key of a verifier's reports, adopt a certificate, show it.

python -m verifier report-key init report-key --name 某某银行核验服务
python -m verifier report-key show report-key
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Annotated, Final

import typer
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from licence.error_words import in_both
from licence.errors import AnzhengError
from licence.formats.verdict import EXIT_USAGE
from licence.ports import Clock, Entropy
from verifier.report_file.opening import read_password
from verifier.report_file.seal import (
    CERTIFICATE_FILE,
    REQUEST_FILE,
    adopt_certificate,
    make_report_key,
    maker_name,
    read_certificates,
)

Folder = Annotated[Path, typer.Argument(help="密钥文件夹 Folder of the report key.")]
PasswordFile = Annotated[
    Path | None,
    typer.Option(help="密码文件 File with the password; asked for if absent."),
]

_HELP: Final = "核验报告密钥 The verifier's own key for reports: init, adopt, show."


def report_key_app(clock: Clock, entropy: Entropy) -> typer.Typer:
    """Return the group of commands, for any Typer application.

    Args:
        clock: Tells the time.
        entropy: For serial numbers.
    """
    app = typer.Typer(help=_HELP, no_args_is_help=True)
    app.command("init")(_init_command(clock, entropy))
    app.command("adopt")(_adopt)
    app.command("show")(_show)
    return app


def _init_command(clock: Clock, entropy: Entropy) -> Callable[..., None]:
    def init(
        folder: Folder,
        *,
        name: Annotated[str, typer.Option(help="核验方名称 Whose reports these are.")],
        password_file: PasswordFile = None,
    ) -> None:
        """生成密钥 Make an encrypted key, a self-signed certificate, and a request for a CA.

        Relying parties pin the certificate: hand out report.crt over a way that they trust.

        Example: python -m verifier report-key init report-key --name 某某银行核验服务
        """
        with _told():
            password = _password(password_file, twice=True)
            digest = make_report_key(folder, name, password, now=clock.now(), entropy=entropy)
            _say(f"已生成 Made: {folder / CERTIFICATE_FILE}, {folder / REQUEST_FILE}")
            _say(f"证书 SHA-256 certificate: {digest.hex()}")

    return init


def _adopt(
    folder: Folder,
    certificate: Annotated[
        list[Path], typer.Argument(help="证书 The key's certificate, then those above it.")
    ],
    *,
    password_file: PasswordFile = None,
) -> None:
    """换用证书 Take the certificate that a CA issued for report.csr; it must be pinned anew.

    Example: python -m verifier report-key adopt report-key issued.crt ca.crt
    """
    with _told():
        found = tuple(chain.from_iterable(read_certificates(path) for path in certificate))
        digest = adopt_certificate(folder, found, _password(password_file))
        _say(f"证书 SHA-256 certificate: {digest.hex()}")


def _show(folder: Folder) -> None:
    """查看 Show whose key it is, its certificate's digest, and how long it is good for.

    Example: python -m verifier report-key show report-key
    """
    with _told():
        own = read_certificates(folder / CERTIFICATE_FILE)[0]
        _say(f"核验方 verifier: {maker_name(own)}")
        _say(f"证书 SHA-256 certificate: {_digest(own)}")
        start, end = own.not_valid_before_utc, own.not_valid_after_utc
        _say(f"有效期 valid: {start:%Y-%m-%d} - {end:%Y-%m-%d}")


def _digest(certificate: x509.Certificate) -> str:
    return sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


def _password(path: Path | None, *, twice: bool = False) -> bytes:
    if path is not None:
        return read_password(path)
    asked: str = typer.prompt("密码 Password", hide_input=True, confirmation_prompt=twice, err=True)
    return asked.encode()


@contextmanager
def _told() -> Iterator[None]:
    """Say what went wrong on one line, and leave with the exit code for wrong usage."""
    try:
        yield
    except AnzhengError as error:
        sys.stderr.write(f"{error.code.value}: {in_both(error.code, error.message)}\n")
        raise typer.Exit(EXIT_USAGE) from error


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
