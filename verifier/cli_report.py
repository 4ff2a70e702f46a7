"""Results into files: a table, and a signed verification report."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from licence.errors import AnzhengError, Code
from licence.formats.report import Report
from licence.ports import Clock, Entropy
from verifier.cli_open import Options
from verifier.pool import Answer
from verifier.report_file.extra import require_extra
from verifier.report_file.opening import open_seal
from verifier.report_file.seal import ReportSeal
from verifier.table import rows_as_csv
from verifier.trust import TrustStore


@dataclass(frozen=True, slots=True)
class ReportPlace:
    """Where a report goes, and with what it is made.

    Attributes:
        path: The file.
        seal: Key and timestamp authority, opened before a thousand files are verified for nothing.
        clock: Tells the time.
    """

    path: Path
    seal: ReportSeal
    clock: Clock

    @classmethod
    def of(
        cls, options: Options, store: TrustStore, clock: Clock, entropy: Entropy | None
    ) -> "ReportPlace | None":
        """Return where the report goes; None when none is wanted.

        Raises:
            AnzhengError: REQUEST_INVALID without a key, TOOL_MISSING without what draws
                reports; as `open_seal`.
        """
        if options.report is None:
            return None
        if options.seal is None or entropy is None:
            raise AnzhengError(
                Code.REQUEST_INVALID,
                "--report needs --report-key and --report-password; "
                "make a key by `report-key init`",
            )
        seal = open_seal(options.seal, lambda: store.bundle.tsa_roots, clock=clock, entropy=entropy)
        require_extra()
        return cls(options.report, seal, clock)


def write_csv(path: Path | None, rows: Sequence[tuple[str, Report]]) -> None:
    """Write the table, if one is wanted.

    Raises:
        AnzhengError: STORE_FAILED.
    """
    if path is not None:
        _write(path, rows_as_csv(rows))


def write_report(place: ReportPlace | None, answers: Sequence[tuple[str, Answer]]) -> None:
    """Write the signed report, if one is wanted.

    Raises:
        AnzhengError: STORE_FAILED; as `make_report_file`.
    """
    if place is None:
        return
    # Here, for it needs the extra `verifier-service`, and nothing else of this command does.
    from verifier.report_file.make import Named, make_report_file  # noqa: PLC0415

    parts = [
        Named(
            name,
            answer.report,
            answer.picture.data if answer.picture is not None else None,
            answer.marks,
        )
        for name, answer in answers
    ]
    _write(place.path, make_report_file(parts, seal=place.seal, now=place.clock.now()))


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise AnzhengError(
            Code.STORE_FAILED, f"{path} cannot be written: {error.strerror}"
        ) from error
