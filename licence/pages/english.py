"""The blocks of the translation; the Chinese text prevails.

The fixed words are English, whatever language the translated fields are in.
"""

from collections.abc import Iterator

from licence.domain.model import Draft, Kind, Risk, Translation
from licence.errors import AnzhengError, Code
from licence.pages import words
from licence.pages.blocks import DATE, HIGH, MARK, TEST, Subject
from licence.pages.plan import Block, Line


def title(subject: Subject) -> Block:
    """The title and the marks."""
    draft = subject.draft
    lines = [Line("title", "", subject.title)]
    if subject.test:
        lines.append(Line("test", "", words.ENGLISH_TEST_LINE, TEST))
    if draft.kind is Kind.EMERGENCY_TEMPORARY:
        until = f"until {draft.valid_to.isoformat()}"
        lines.append(Line("mark", words.ENGLISH_MARKS[draft.kind], until, MARK))
    if draft.kind is Kind.SAMPLE:
        lines.append(Line("mark", "", words.ENGLISH_MARKS[draft.kind], MARK))
    return Block("title", tuple(lines))


def number(subject: Subject) -> Block:
    """The licence number, which is not translated."""
    return Block("number", (Line("licence_no", "Licence No.", subject.draft.licence_no),))


def fields(subject: Subject) -> Block:
    """Who holds the licence, and where."""
    draft = subject.draft
    return Block("fields", tuple(_fields(draft, _translation(draft))))


def scope(subject: Subject) -> Block:
    """The scope, an item a line, numbered when there are several."""
    draft = subject.draft
    texts = _translation(draft).scope
    lines = []
    for place, (text, item) in enumerate(zip(texts, draft.scope, strict=True)):
        label = f"{place + 1}." if len(texts) > 1 else ""
        high = item.risk is Risk.HIGH
        value = f"{text} [HIGH RISK]" if high else text
        lines.append(Line(f"scope[{place}]", label, value, HIGH if high else ()))
    return Block("scope", tuple(lines), "Scope of licence")


def validity(subject: Subject) -> Block:
    """Period and dates."""
    draft = subject.draft
    period = f"{draft.valid_from.isoformat()} to {draft.valid_to.isoformat()}"
    return Block(
        "validity",
        (
            Line("valid", "Valid", period, DATE),
            Line("first_issued", "First issued", draft.first_issued.isoformat()),
            Line("issued_on", "Issued", draft.issued_on.isoformat()),
            Line("issuer", "Issuing authority", _translation(draft).issuer),
        ),
    )


def code(subject: Subject) -> Block:
    """What to type to verify the licence."""
    return Block(
        "code",
        (
            Line("short_code", "Look-up code", subject.code),
            Line("code.guide", "", words.ENGLISH_STATUS),
        ),
        "To verify",
    )


def note(subject: Subject) -> Block:
    """Which text prevails, and what the translator says."""
    return Block(
        "note",
        (
            Line("note.chinese", "", words.CHINESE_PREVAILS, ("zh",)),
            Line("note.english", "", words.ENGLISH_PREVAILS),
            Line("note", "", _translation(subject.draft).note),
        ),
    )


def _fields(draft: Draft, translation: Translation) -> Iterator[Line]:
    yield Line("enterprise_name", "Enterprise name", translation.enterprise_name)
    yield Line("uscc", "Unified Social Credit Code", draft.uscc)
    yield Line("principal", "Principal", translation.principal)
    for place, (text, address) in enumerate(
        zip(translation.addresses, draft.addresses, strict=True)
    ):
        yield Line(f"addresses[{place}]", words.ENGLISH_ADDRESSES[address.type], text)
    yield Line("economic_type", "Economic type", translation.economic_type)
    yield Line("industry", "Industry", words.ENGLISH_INDUSTRIES[draft.industry])


def _translation(draft: Draft) -> Translation:
    if draft.translation is None:
        raise AnzhengError(Code.FIELD_MISSING, "there is no translation", field="translation")
    return draft.translation
