"""Ask other validators about the negative corpus, and write docs/judges-disagree.md.

python -m tools.judges            ask again (Java, pdfsig), keep the answers, write the page
python -m tools.judges --page     write the page from the answers that are kept
"""

import argparse
import tempfile
from collections import Counter
from pathlib import Path
from typing import Final

from tests.bad import judges, store

PAGE: Final = Path(__file__).parents[1] / "docs" / "judges-disagree.md"
HEAD: Final = """# Where other validators disagree

pyHanko, EU DSS and poppler's `pdfsig` were asked about the {files} files of the
[negative corpus](../tests/assets/bad/README.md) that are no bombs. All three call the {good} good
files good. Of the {cases} cases that ours refuses, {count} are called good, wholly or in part, by
at least one of them: by pyHanko {pyhanko}, by EU DSS {dss}, by `pdfsig` {pdfsig}. None of that is
an error of theirs: they judge signatures, with one pinned root and no registry. Each row has its
reason; a disagreement without one fails `tests/integration/test_judges.py`. Nothing that one of our
own judges calls valid is refused by another.

The judges: pyHanko with the root and the validation data of the file, revocation demanded,
difference analysis on; DSS with the policy of `tests/interop/referees/dss` (changes after signing
fail), at the time of the corpus; `pdfsig -nocert`. *yes* is a valid signature over the whole file.
Made by `python -m tools.judges`.
"""


def page() -> str:
    """Return the page from the answers that are kept."""
    cases, answers = store.load(), judges.load()
    found = tuple(judges.disagreements(cases, answers))
    counts = Counter(
        name for each in found for name in judges.NAMES if each.said[name].startswith("yes")
    )
    lines = [
        HEAD.format(
            files=len(answers),
            good=len(judges.GOOD),
            cases=len(cases),
            count=len(found),
            **{name: counts[name] for name in judges.NAMES},
        )
    ]
    for reason in judges.REASONS:
        rows = [each for each in found if each.reason is reason]
        lines.append(f"## {', '.join(reason.groups)} ({len(rows)})\n\n{reason.why}\n")
        lines.append("| case | ours | pyHanko | EU DSS | pdfsig |\n| --- | --- | --- | --- | --- |")
        lines += [
            f"| {each.case.id} | {each.case.verdict} `{each.case.code}` | "
            + " | ".join(each.said[name] for name in judges.NAMES)
            + " |"
            for each in rows
        ]
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", action="store_true", help="write the page only")
    parser.add_argument("--new", action="store_true", help="ask only about what is new")
    options = parser.parse_args()
    if not options.page:
        known = judges.load() if options.new else {}
        with tempfile.TemporaryDirectory() as folder:
            judges.save(judges.ask_all(store.load(), Path(folder), known))
    PAGE.write_text(page(), "utf-8")
    print(f"{len(judges.load())} files")


if __name__ == "__main__":
    main()
