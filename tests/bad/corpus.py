"""All groups of the corpus, and the good files that bad ones are made from."""

from licence.formats import trust_bundle
from tests.bad import (
    group_active,
    group_anchor,
    group_cms,
    group_container,
    group_data,
    group_hidden,
    group_page,
    group_places,
    group_press,
    group_signer,
    group_status,
    group_time,
    group_update,
)
from tests.bad.desk import Desk, good, usual_lists
from tests.bad.recipe import Recipe, distinct

GROUPS = (
    group_container,
    group_update,
    group_press,
    group_active,
    group_page,
    group_places,
    group_hidden,
    group_data,
    group_cms,
    group_signer,
    group_time,
    group_anchor,
    group_status,
)


def recipes() -> tuple[Recipe, ...]:
    """Return every case, in the order of the groups."""
    return distinct(recipe for group in GROUPS for recipe in group.recipes())


def good_files(desk: Desk) -> dict[str, bytes]:
    """Return the bases: three good licences, lists and trust bundle."""
    return {
        "licence": good(0).pdf,
        "licence-5": good(5).pdf,
        "licence-long": good(7).pdf,
        "bundle": trust_bundle.encode(desk.bundle),
        **usual_lists(),
    }
