"""Make the negative corpus `tests/assets/bad` anew, or write its cases as plain files.

    python -m tools.make_bad                  make all cases and write them
    python -m tools.make_bad --new            make those that are not committed yet
    python -m tools.make_bad --page           write tests/assets/bad/README.md again
    python -m tools.make_bad --out FOLDER     write each committed case as plain files

Every case is verified while it is made: one that does not come out as it should is not written.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.bad import corpus, store
from tests.bad.case import Case, judge
from tests.bad.desk import make_desk
from tests.bad.objects import bad_objects

PAGE: Final = store.FOLDER / "README.md"
HEAD: Final = """# Bad files

{count} inputs in {groups} groups that a verifier of these licences must never call valid. Each has
the verdict and the code that ours gives; `tests/integration/test_bad_corpus.py` asserts both. Where
it says *undetermined*, nothing is proved against the licence itself: evidence, lists and proofs
come from outside the signature, and whoever breaks them must not be able to end a licence.

`cases.json` has a row for each case; `bases/` are good files, `deltas/` say how an input differs
from one (the format is described in `tests/bad/delta.py`, a dozen lines of any language).
`python -m tools.make_bad --out FOLDER` writes plain files. `keys.pem` are the private keys of the
PKI behind them, published on purpose: who has an idea for one more attack can sign it
(`tests/bad/desk.py`), as an authority whose press was taken over could. Made by
`python -m tools.make_bad`, this page by `python -m tools.make_bad --page`. What other validators
say of the same files stands in [judges-disagree.md](../../../docs/judges-disagree.md).
"""


def make(committed: Sequence[Case] = ()) -> tuple[Case, ...]:
    """Make every case, and stop at one that is not judged as it should be.

    Args:
        committed: Cases that are taken as they are.
    """
    desk = make_desk()
    kept = {case.id: case for case in committed}
    cases: list[Case] = []
    wrong: list[str] = []
    for recipe in corpus.recipes():
        if recipe.id in kept:
            cases.append(kept[recipe.id])
            continue
        case = recipe.cook(desk)
        report = judge(case.ask)
        if (report.verdict, report.code) != (case.verdict, case.code):
            wrong.append(f"{case.id}: {report.verdict} {report.code}")
        cases.append(case)
    if wrong:
        sys.exit("not as they should be:\n" + "\n".join(wrong))
    return tuple(cases)


def page(cases: Sequence[Case]) -> str:
    """Return the table of the corpus."""
    counts = Counter(case.group for case in cases)
    lines = [HEAD.format(count=len(cases), groups=len(counts))]
    for group, count in counts.items():
        lines.append(
            f"## {group} ({count})\n\n| id | what | verdict | code |\n| --- | --- | --- | --- |"
        )
        lines += [
            f"| {case.id.partition('/')[2]} | {case.what} | {case.verdict} | `{case.code}` |"
            for case in cases
            if case.group == group
        ]
        lines.append("")
    return "\n".join((*lines, _objects()))


def _objects() -> str:
    """Return the table of QR objects and copies, which are test vectors of their own."""
    found = tuple(bad_objects())
    lines = [
        f"## qr, copy ({len(found)})\n",
        "In [../vectors](../vectors/README.md), for the phone page has the same tests.\n",
        "| id | verdict | code |\n| --- | --- | --- |",
    ]
    lines += [f"| {each.id} | {each.verdict} | `{each.code}` |" for each in found]
    return "\n".join((*lines, ""))


def write_out(cases: Sequence[Case], folder: Path) -> None:
    """Write the inputs of each case as plain files."""
    for case in cases:
        place = folder / case.id
        place.mkdir(parents=True, exist_ok=True)
        for name, data in case.ask.inputs.items():
            (place / (f"{name}.pdf" if name == "file" else name)).write_bytes(data)


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--new", action="store_true", help="keep what is committed")
    parser.add_argument("--page", action="store_true", help="write the table only")
    parser.add_argument("--out", type=Path, help="write plain files into this folder")
    options = parser.parse_args()
    if options.out is not None:
        write_out(store.load(), options.out)
        return
    if not options.page:
        if options.new:
            store.save(make(store.load()), store.bases())
        else:
            store.save(make(), corpus.good_files(make_desk()))
        store.load.cache_clear()
        store.bases.cache_clear()
    PAGE.write_text(page(store.load()), "utf-8")
    print(f"{len(store.load())} cases")


if __name__ == "__main__":
    main()
