"""Turns one roster row into a draft, or says everything that is wrong with it."""

from collections.abc import Mapping
from dataclasses import replace

from licence.domain.draft_fields import read_draft
from licence.domain.model import Draft
from licence.domain.problem import Problem
from licence.domain.reader import Reader
from licence.domain.rules import timeless_problems


def parse_row(raw: Mapping[str, object], *, row: int) -> Draft | tuple[Problem, ...]:
    """Read a row in the full data model of `licence.json`, without `schema` and `status`.

    A row may leave out `licence_type`, `renewal_no`, `change_no`, `reissue_no`, `annual_reviews`,
    `attachments`, `template` and the `risk` of a scope item. Blanks at the ends of a text are
    dropped, small letters in codes become capitals, and a licence number may have any of the
    styles that offices write.

    Args:
        raw: The row, as JSON has it.
        row: Number of the row, put into each problem.

    Returns:
        The draft, by every rule that needs neither clock nor other versions; or all problems.
    """
    reader = Reader(raw, complete=False)
    draft = read_draft(reader)
    reader.end()
    broken = timeless_problems(draft, unread=reader.failed)
    problems = (*reader.problems, *broken)
    return tuple(replace(problem, row=row) for problem in problems) or draft
