"""SoftHSM2 as the hardware: one folder of tokens for a test process.

The module reads its settings when it is loaded, so that a process has one of it.
"""

import atexit
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from licence.errors import AnzhengError, Code

MODULES = (
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib64/softhsm/libsofthsm2.so"),
    Path("/opt/homebrew/lib/softhsm/libsofthsm2.so"),
)


@dataclass(frozen=True, slots=True)
class SoftHsm:
    """The tokens of this process."""

    folder: Path
    module: Path

    @property
    def tokens(self) -> Path:
        """Where the tokens lie; without it there are none."""
        return self.folder / "tokens"

    def add_token(self, label: str, pin: str) -> None:
        """Make a token."""
        command = ("softhsm2-util", "--init-token", "--free", "--label", label)
        subprocess.run(
            [*command, "--pin", pin, "--so-pin", "00000000"], check=True, capture_output=True
        )

    def uri(self, token: str, label: str) -> str:
        """Return the URI of a key."""
        return f"pkcs11:token={token};object={label}?module-path={self.module}"


@dataclass(slots=True)
class Pins:
    """The PINs by token; counts how often it was asked."""

    pins: dict[str, str]
    asked: list[str] = field(default_factory=list)

    def password(self, uri: str) -> bytes:
        """Return the PIN of a token."""
        self.asked.append(uri)
        pin = self.pins.get(uri.removeprefix("pkcs11:token="))
        if pin is None:
            raise AnzhengError(Code.KEY_LOCKED, "no PIN")
        return pin.encode()


PINS: Final = {name: f"pin of {name}" for name in ("one", "two", "three", "four", "five", "six")}
"""The tokens of this process and their PINs; a test that tries PINs has a token of its own."""


@cache
def soft_hsm() -> SoftHsm:
    """Return the hardware of this process: the module sees what is there when it is loaded."""
    folder = Path(tempfile.mkdtemp(prefix="softhsm-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "tokens").mkdir()
    settings = folder / "softhsm2.conf"
    settings.write_text(
        f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\n"
        "log.level = ERROR\n"
    )
    os.environ["SOFTHSM2_CONF"] = str(settings)
    module = next(each for each in MODULES if each.is_file())
    hsm = SoftHsm(folder, module)
    for label, pin in PINS.items():
        hsm.add_token(label, pin)
    return hsm
