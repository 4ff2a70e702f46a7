"""The Java judges: veraPDF for PDF/A-3a and PDF/UA-1, EU DSS for PAdES.

Each is a small Maven project under `referees/`, built once into its `target/`. One call judges many
files in one JVM, for starting one costs more than judging ten files.
"""

import fcntl
import hashlib
import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

REFEREES = Path(__file__).resolve().parent / "referees"
BUILD_SECONDS = 600
JUDGE_SECONDS = 900
JVM = ("-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""The quick compiler alone: for a minute's work the better one costs more than it saves."""


@dataclass(frozen=True, slots=True)
class StandardsJudgement:
    """Which rules of each standard a file breaks (`7.18.1-3`); `error` if it cannot be read."""

    file: Path
    pdfa_3a: tuple[str, ...]
    pdfua_1: tuple[str, ...]
    error: str | None

    @property
    def passed(self) -> bool:
        """Whether the file was read and breaks no rule."""
        return self.error is None and not self.pdfa_3a and not self.pdfua_1


@dataclass(frozen=True, slots=True)
class SignatureOpinion:
    """What EU DSS says of one signature (ETSI EN 319 102-1)."""

    indication: str
    sub_indication: str | None
    level: str
    scopes: tuple[str, ...]
    errors: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SignatureJudgement:
    """All signatures of a file; `error` if it cannot be read."""

    file: Path
    signatures: tuple[SignatureOpinion, ...]
    error: str | None

    @property
    def passed(self) -> bool:
        """Whether there is one signature, TOTAL_PASSED, level T, over the whole file."""
        if self.error is not None or len(self.signatures) != 1:
            return False
        only = self.signatures[0]
        return (
            only.indication == "TOTAL_PASSED"
            and only.level == "PAdES-BASELINE-T"
            and only.scopes == ("FULL",)
        )


def judge_standards(files: Sequence[Path]) -> tuple[StandardsJudgement, ...]:
    """Ask veraPDF about PDF/A-3a and PDF/UA-1."""
    answers = _judge("verapdf", "referee.PdfStandards", files, [])
    return tuple(
        StandardsJudgement(
            file=file,
            pdfa_3a=tuple((answer["broken"] or {}).get("3a", ())),
            pdfua_1=tuple((answer["broken"] or {}).get("ua1", ())),
            error=answer["error"],
        )
        for file, answer in zip(files, answers, strict=True)
    )


def judge_signatures(
    files: Sequence[Path], *, root: Path, at: datetime | None = None
) -> tuple[SignatureJudgement, ...]:
    """Ask EU DSS, which trusts the certificate in `root` alone and opens no connection.

    Args:
        files: What to judge.
        root: The one trusted certificate, PEM.
        at: The time to judge at; now unless given.
    """
    options = () if at is None else (f"-Dreferee.time={at.strftime('%Y-%m-%dT%H:%M:%SZ')}",)
    answers = _judge("dss", "referee.Signatures", files, [root], options)
    return tuple(
        SignatureJudgement(
            file=file,
            signatures=tuple(_opinion(one) for one in answer["signatures"] or ()),
            error=answer["error"],
        )
        for file, answer in zip(files, answers, strict=True)
    )


def _opinion(answer: dict[str, Any]) -> SignatureOpinion:
    return SignatureOpinion(
        indication=answer["indication"],
        sub_indication=answer["subIndication"],
        level=answer["level"],
        scopes=tuple(answer["scopes"]),
        errors=tuple(answer["errors"]),
        warnings=tuple(answer["warnings"]),
    )


def _judge(
    project: str,
    main: str,
    files: Sequence[Path],
    before: Sequence[Path],
    options: Sequence[str] = (),
) -> list[dict[str, Any]]:
    target = _built(project)
    path = os.pathsep.join([str(target / "classes"), str(target / "lib" / "*")])
    command = ["java", *JVM, *options, "-cp", path, main, *map(str, before), *map(str, files)]
    done = subprocess.run(
        command, capture_output=True, encoding="utf-8", timeout=JUDGE_SECONDS, check=False
    )
    lines = done.stdout.splitlines()
    if done.returncode != 0 or len(lines) != len(files):
        message = f"{main} answered {len(lines)} of {len(files)} files: {done.stderr[-2000:]}"
        raise RuntimeError(message)
    return [json.loads(line) for line in lines]


def _built(project: str) -> Path:
    # The stamp holds the digest of the sources, so that a change builds anew and nothing else does.
    folder = REFEREES / project
    target = folder / "target"
    sources = [folder / "pom.xml", *sorted(folder.glob("src/**/*.java"))]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    stamp = target / "built.sha256"
    target.mkdir(exist_ok=True)
    with _alone(target / "build.lock"):
        if not stamp.exists() or stamp.read_text("ascii") != digest:
            command = ["mvn", "--quiet", "--batch-mode", "package"]
            done = subprocess.run(
                command,
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=BUILD_SECONDS,
                check=False,
            )
            if done.returncode != 0:
                message = f"Maven cannot build {project}: {done.stdout[-2000:]}"
                raise RuntimeError(message)
            stamp.write_text(digest, "ascii")
    return target


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    # Two pytest workers must not run Maven in one folder.
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
