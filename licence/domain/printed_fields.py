"""Every text of a licence that its pages show, with the path of its field."""

from collections.abc import Iterator

from licence.domain.model import Draft


def printed_fields(draft: Draft) -> Iterator[tuple[str, str]]:
    """Yield path and text of each; what is made of digits and our own words is left out."""
    yield "enterprise_name", draft.enterprise_name
    yield "principal", draft.principal
    if draft.legal_representative is not None:
        yield "legal_representative", draft.legal_representative
    for place, address in enumerate(draft.addresses):
        yield f"addresses[{place}].text", address.text
    yield "economic_type.text", draft.economic_type.text
    for place, item in enumerate(draft.scope):
        parts = (item.name, item.capacity, item.unit, item.category)
        yield f"scope[{place}]", "".join(part for part in parts if part)
    yield "issuer", draft.issuer
    yield "legal_basis", draft.legal_basis
    for place, review in enumerate(draft.annual_reviews):
        yield f"annual_reviews[{place}].by", review.by or ""
    for place, change in enumerate(draft.changes):
        yield f"changes[{place}]", change.before + change.after
    if (translation := draft.translation) is not None:
        shown = (translation.enterprise_name, translation.principal, *translation.addresses)
        more = (translation.economic_type, *translation.scope, translation.issuer)
        yield "translation", "".join((*shown, *more, translation.note))
