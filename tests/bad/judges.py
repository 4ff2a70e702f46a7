"""What other validators say of the corpus: pyHanko, EU DSS, and poppler's pdfsig.

They judge a PDF signature, not a licence: much of what we refuse they must call good. Each such
disagreement has a reason here, or a test fails. `tests/assets/bad/judges.json` keeps their answers,
`docs/judges-disagree.md` is made from it (`python -m tools.judges`).
"""

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from pyhanko.sign.validation.status import SignatureCoverageLevel

from licence.formats import trust_bundle
from tests.bad import store
from tests.bad.case import Case
from tests.interop import java_judges, pdf_tools

ANSWERS: Final = store.FOLDER / "judges.json"
AT: Final = datetime(2026, 11, 21, 4, 20, tzinfo=UTC)
"""When everything in the corpus was just published."""
MAX_BYTES: Final = 2 << 20
"""Larger files are bombs; the judges are not asked about those."""
NAMES: Final = ("pyhanko", "dss", "pdfsig")
GOOD: Final = ("licence", "licence-5", "licence-long")

Answers = Mapping[str, Mapping[str, str]]
"""By the first 16 digits of the SHA-256 of a file: what each judge says; `yes` is yes."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why other validators may call good what we refuse.

    Attributes:
        groups: Of the corpus.
        why: In words.
        only: Cases to which it applies; all of the groups when there are none.
    """

    groups: tuple[str, ...]
    why: str
    only: tuple[str, ...] = ()


REASONS: Final = (
    Reason(
        ("certification", "attachment", "active", "objects", "page", "data", "bomb", "shadow"),
        "The authority's key signed these very bytes: its press, not its signature, is false. A "
        "validator of signatures says whether a signature holds, not whether what was signed "
        "should have been. We hold every object against the one shape of our templates, and "
        "what a page shows against its data.",
    ),
    Reason(
        ("signer", "timestamp"),
        "Policy, entitlement, authority, closed keys and pinned timestamp policies are those of "
        "our trust bundle. The other validators know one root and nothing else; revocation is "
        "asked by each in its own way.",
    ),
    Reason(
        ("evidence", "chain", "status", "list", "dates"),
        "The file is good, or good but for its evidence, which is an unsigned attribute that no "
        "other validator reads. Anchor, status lists, memory and the dates of a licence are "
        "questions that only a verifier of licences asks.",
    ),
    Reason(
        ("container", "saved", "wrapping", "update"),
        "The signed bytes are as they were: what changed stands outside of them, in the hole, or "
        "in a later revision that these rules permit. Others say that the signature covers what "
        "it covers; we accept one spelling, and nothing before, between or behind.",
    ),
    Reason(
        ("cms",),
        "The signature value holds, and the CMS says more, less, or says it otherwise than our "
        "one template. Others read what they know and pass over the rest; we write the CMS again "
        "from its parts and compare bytes.",
    ),
)


def key_of(file: bytes) -> str:
    """Return under which name the answers about a file are kept."""
    return sha256(file).hexdigest()[:16]


def files_of(cases: Iterable[Case]) -> dict[str, bytes]:
    """Return each file once that judges are asked about, the good ones first."""
    known = store.bases()
    found = {key_of(known[name]): known[name] for name in GOOD}
    for case in cases:
        file = case.ask.inputs["file"]
        if len(file) <= MAX_BYTES and case.group != "bomb":
            found.setdefault(key_of(file), file)
    return found


def ask_all(cases: Sequence[Case], folder: Path, known: Answers | None = None) -> Answers:
    """Ask all judges about all files, but for those whose answers are known."""
    files = files_of(cases)
    kept = {key: known[key] for key in files if known is not None and key in known}
    root = folder / "root.pem"
    bundle = trust_bundle.decode(store.bases()["bundle"])
    root.write_text(pdf_tools.pem(bundle.roots[0].certificate), "ascii")
    paths: dict[str, Path] = {}
    for key, file in files.items():
        if key in kept:
            continue
        paths[key] = folder / f"{key}.pdf"
        paths[key].write_bytes(file)
    judged = java_judges.judge_signatures(tuple(paths.values()), root=root, at=AT)
    asked = {
        key: {"pyhanko": _pyhanko(path, root), "dss": _dss(said), "pdfsig": _pdfsig(path)}
        for (key, path), said in zip(paths.items(), judged, strict=True)
    }
    return {key: {**kept, **asked}[key] for key in files}


def _pyhanko(path: Path, root: Path) -> str:
    try:
        status = pdf_tools.pyhanko(path, root, at=AT)
    except Exception as error:  # noqa: BLE001 - whatever a judge dies of is a "no"
        return f"no: {type(error).__name__}"
    if not status.bottom_line:
        return "no"
    whole = status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    return "yes" if whole else "yes, of a part"


def _dss(said: java_judges.SignatureJudgement) -> str:
    if said.passed:
        return "yes"
    if said.error is not None:
        return "no: cannot be read"
    if len(said.signatures) != 1:
        return f"no: {len(said.signatures)} signatures"
    only = said.signatures[0]
    if only.indication == "TOTAL_PASSED":
        return f"yes, {only.level}, {' '.join(only.scopes)}"
    return f"no: {only.sub_indication or only.indication}"


def _pdfsig(path: Path) -> str:
    try:
        answer = subprocess.run(
            ["pdfsig", "-nocert", str(path)], capture_output=True, check=False, timeout=60
        )
    except subprocess.TimeoutExpired:
        return "no: no answer"
    said = answer.stdout.decode("utf-8", "replace")
    if answer.returncode < 0:
        return "no: crashed"
    if "Signature is Valid" not in said:
        return "no"
    if "Signature #2" in said:
        return "no: two signatures"
    return "yes" if "Total document signed" in said else "yes, of a part"


# ---------------------------------------------------------------- kept, and compared


def load() -> Answers:
    """Return the committed answers."""
    value: Answers = json.loads(ANSWERS.read_text("utf-8"))
    return value


def save(answers: Answers) -> None:
    """Keep answers."""
    ANSWERS.write_text(json.dumps(answers, indent=1) + "\n", "utf-8")


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A case that we refuse and another validator calls good, and why."""

    case: Case
    said: Mapping[str, str]
    reason: Reason | None


def disagreements(cases: Iterable[Case], answers: Answers) -> Iterator[Disagreement]:
    """Yield every case that some judge calls good, wholly or in part."""
    for case in cases:
        said = answers.get(key_of(case.ask.inputs["file"]))
        if said is not None and any(each.startswith("yes") for each in said.values()):
            yield Disagreement(case, said, _reason(case))


def _reason(case: Case) -> Reason | None:
    return next((each for each in REASONS if case.group in each.groups), None)
