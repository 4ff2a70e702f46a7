"""What `verifier` re-exports, loaded when it is first asked for; types stand in `__init__.pyi`."""

import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Final

from typing_extensions import override

PLACES: Final = {
    "artefacts": (
        *("Artefact", "Ask", "CopyFile", "NumberText", "PdfFile", "QrText", "ReportFile"),
        *("recognise", "recognise_text"),
    ),
    "memory": ("Memory",),
    "policy": ("BATCH", "INSPECTOR", "STRICT", "Policy", "Referee"),
    "trust": ("TrustStore", "load_trust"),
    "trust_update": ("Source", "update_trust"),
    "verify": ("verify", "verify_and_learn", "verify_artefact", "verify_many"),
}


class _Package(ModuleType):
    """Keeps the name `verify` for the function: the module of that name would take it."""

    @override
    def __setattr__(self, name: str, value: object) -> None:
        if name == "verify" and isinstance(value, ModuleType):
            value = value.verify
        super().__setattr__(name, value)


def exports(package: str) -> Callable[[str], object]:
    """Return the `__getattr__` of a package (PEP 562)."""
    sys.modules[package].__class__ = _Package

    def load(name: str) -> object:
        for place, names in PLACES.items():
            if name in names:
                found: object = getattr(import_module(f"{package}.{place}"), name)
                return found
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return load
