"""Page templates by the names that people type: `cn-a4p/2`, or `cn-a4p` for its newest version."""

from collections.abc import Sequence

from anzheng.flows.roster import Row
from licence.errors import AnzhengError, Code
from licence.pages.templates import TEMPLATES, TemplateSpec, find_template


def profile(name: str) -> str:
    """Return the id of a template that is open for issuing.

    Args:
        name: An id such as `seed-a3/1`, or without the version: the newest.

    Raises:
        AnzhengError: TEMPLATE_UNKNOWN, TEMPLATE_CLOSED.
    """
    versions = [each for each in TEMPLATES.values() if name in (each.id, _name(each.id))]
    if not versions:
        known = ", ".join(sorted(set(map(_name, TEMPLATES))))
        raise AnzhengError(
            Code.TEMPLATE_UNKNOWN, f"no profile {name}; there are {known}", template=name[:64]
        )
    newest = _newest(versions)
    if newest is None:
        raise AnzhengError(
            Code.TEMPLATE_CLOSED, f"nothing is issued with {name} any more", template=name
        )
    return newest


def open_template(template: str) -> str:
    """Return a template, or where it is closed the newest open version of its profile, if any."""
    if not find_template(template).closed:
        return template
    name = _name(template)
    return _newest([each for each in TEMPLATES.values() if _name(each.id) == name]) or template


def _newest(versions: Sequence[TemplateSpec]) -> str | None:
    still_open = (each.id for each in versions if not each.closed)
    return max(still_open, key=lambda each: int(each.partition("/")[2]), default=None)


def with_profile(rows: Sequence[Row], template: str | None, *, all_rows: bool) -> tuple[Row, ...]:
    """Return the rows with a template: each that names none, or all of them."""
    if template is None:
        return tuple(rows)
    return tuple(
        {**row, "template": template} if all_rows or "template" not in row else row for row in rows
    )


def _name(template: str) -> str:
    return template.partition("/")[0]
