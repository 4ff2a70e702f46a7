"""`anzheng preview`: see the pages of a roster without signing anything."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from anzheng.commands.common import EXIT_FAILED, JsonFlag, answering, read_file, settings_of
from licence.error_words import in_both

if TYPE_CHECKING:
    from anzheng.flows.preview import Previewed
    from licence.domain.problem import Problem


def preview(
    context: typer.Context,
    roster: Annotated[Path, typer.Argument(help="名册 Roster: a JSON array or JSON lines.")],
    *,
    profile: Annotated[
        str | None,
        typer.Option(help="Draw every row in this profile, such as seed-a3 or cn-a4p/2."),
    ] = None,
    page_png: Annotated[
        bool, typer.Option("--page-png", help="Also a picture of each page.")
    ] = False,
    out: Annotated[Path, typer.Option(help="Folder for the files.")] = Path("var/preview"),
    as_json: JsonFlag = False,
) -> None:
    """预览 Draw the pages of a roster, marked SAMPLE 样本; nothing is stored or signed.

    Rows that an import would refuse are named with field and code. Exit code 1 when there are any.

    Example: anzheng preview samples/roster.json --profile seed-a3 --page-png
    """
    from anzheng.files import write_durably
    from anzheng.flows.preview import preview as draw
    from anzheng.flows.profiles import profile as find_profile
    from anzheng.flows.profiles import with_profile
    from anzheng.flows.roster import read_roster
    from anzheng.picture import pictures
    from anzheng.wiring import open_store_base
    from signer.preview import PreviewPress

    settings = settings_of(context)
    with answering(as_json=as_json) as answer, open_store_base(settings) as base:
        template = None if profile is None else find_profile(profile)
        rows = with_profile(read_roster(read_file(roster)), template, all_rows=True)
        drawn: list[tuple[Previewed, list[str]]] = []
        problems: list[Problem] = []
        for each in draw(rows, base.preparer(), PreviewPress(verify_base=settings.verify_base)):
            problems += each.problems
            if not each.pdf:
                continue
            files = {f"{each.name}.pdf": each.pdf}
            if page_png:
                pages = enumerate(pictures(each.pdf), start=1)
                files |= {f"{each.name}.{number}.png": page for number, page in pages}
            for name, data in files.items():
                write_durably(out / name, data)
            drawn.append((each, list(files)))
        answer.say(*_report(drawn, problems, out))
        if problems:
            raise typer.Exit(EXIT_FAILED)


def _report(
    drawn: "list[tuple[Previewed, list[str]]]", problems: "list[Problem]", out: Path
) -> tuple[dict[str, object], list[str]]:
    said: dict[str, object] = {
        "folder": str(out),
        "rows": [
            {
                "row": one.row,
                "licence_no": one.licence_no,
                "template": one.template,
                "files": files,
            }
            for one, files in drawn
        ],
        "problems": [
            {
                "row": problem.row,
                "field": problem.field,
                "code": problem.code.value,
                "message": problem.message,
            }
            for problem in problems
        ],
    }
    lines = [
        f"第 {problem.row} 行 row {problem.field}: {problem.code.value} "
        f"{in_both(problem.code, problem.message)}"
        for problem in problems
    ]
    lines += [f"row {one.row} {one.licence_no} {one.template}: {files[0]}" for one, files in drawn]
    return said, [*lines, f"{len(drawn)} previews in {out}, not licences 样本，非证照"]
