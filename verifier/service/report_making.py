"""Makes verification reports with the service's key; none where it has no key."""

from collections.abc import Sequence

from licence.errors import AnzhengError, Code
from licence.formats.trust_types import TsaRoot
from licence.ports import Clock, Entropy
from verifier.report_file.make import Named, make_report_file
from verifier.report_file.opening import SealPlace, open_seal
from verifier.service.desk import Kept
from verifier.service.reports import ReportDesk
from verifier.service.settings import ServiceSettings
from verifier.service.trust_keeper import TrustKeeper


def open_reports(
    settings: ServiceSettings, trust: TrustKeeper, clock: Clock, entropy: Entropy
) -> ReportDesk:
    """Return the desk for reports.

    Raises:
        AnzhengError: SETTINGS_INVALID for a key without a file with its password; what `open_seal`
            raises for one that cannot be opened.
    """
    if settings.report_key is None:
        return ReportDesk(None)
    if settings.report_password_file is None:
        raise AnzhengError(
            Code.SETTINGS_INVALID,
            "setting report_password_file is missing: the report key is encrypted",
            field="report_password_file",
        )
    place = SealPlace(
        settings.report_key, settings.report_password_file, settings.report_tsa_url or None
    )

    def roots() -> Sequence[TsaRoot]:
        return trust.store.bundle.tsa_roots

    seal = open_seal(place, roots, clock=clock, entropy=entropy)

    def make(named: Sequence[tuple[str, Kept]]) -> bytes:
        return make_report_file(
            [_named(name, kept) for name, kept in named], seal=seal, now=clock.now()
        )

    return ReportDesk(make)


def _named(name: str, kept: Kept) -> Named:
    picture = kept.picture.data if kept.picture is not None else None
    return Named(name, kept.report, picture, kept.marks)
