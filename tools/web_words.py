"""Write verifier/web/src/generated/words.json: all words about verdicts, checks and codes."""

import json
from dataclasses import asdict
from pathlib import Path

from licence.errors import Code
from licence.formats.checks import CheckName, CheckState
from licence.formats.report import NOTICE
from licence.formats.verdict import (
    ALARMS,
    ASSURANCE_WORDS,
    REQUIRED,
    TABLE,
    Assurance,
    Verdict,
    class_of,
)
from verifier.words import ADVICE, CHECKS, QUESTIONS, STATES, VALID_TODO, advice

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "verifier" / "web" / "src" / "generated" / "words.json"


def words() -> dict[str, object]:
    """Return what the pages say, and the table by which the phone takes a verdict."""
    return {
        "verdicts": {verdict.value: _verdict(verdict) for verdict in Verdict},
        "assurances": {
            one.value: {
                "words": asdict(ASSURANCE_WORDS[one]),
                "todo": asdict(VALID_TODO[one]),
                "required": [name.value for name in REQUIRED[one]],
            }
            for one in Assurance
        },
        "checks": [_check(number, name) for number, name in enumerate(CheckName, 1)],
        "states": {state.value: asdict(STATES[state]) for state in CheckState},
        "codes": {code.value: _code(code) for code in Code if code in ADVICE},
        "notice": NOTICE,
    }


def _verdict(verdict: Verdict) -> dict[str, object]:
    row = TABLE[verdict]
    return {"words": asdict(row.words), "colour": row.colour, "exit_code": row.exit_code}


def _check(number: int, name: CheckName) -> dict[str, object]:
    return {
        "number": number,
        "name": name.value,
        "words": asdict(CHECKS[name]),
        "question": asdict(QUESTIONS[name]),
    }


def _code(code: Code) -> dict[str, object]:
    told = advice(code)
    return {
        "class": class_of(code).name.lower(),
        "alarm": code in ALARMS,
        "meaning": asdict(told.meaning),
        "todo": asdict(told.todo),
    }


def text() -> str:
    """Return the file's content."""
    return json.dumps(words(), ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    """Write the file."""
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(text(), "utf-8")
    print(f"words: {FILE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
