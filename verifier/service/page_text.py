"""How words and facts are written on the pages: punctuation, days, times, groups of a code."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final, Literal

from licence.domain.model import Risk, ScopeItem
from licence.errors import Fact
from licence.formats.verdict import Words

Lang = Literal["zh", "en"]

BEIJING: Final = timezone(timedelta(hours=8))
_MOMENT: Final = "%Y-%m-%dT%H:%M:%SZ"
_FRACTION: Final = re.compile(r"(?<=T\d\d:\d\d:\d\d)\.\d{1,9}(?=Z$)")

_YES_NO: Final[Mapping[Lang, tuple[str, str]]] = {"zh": ("是", "否"), "en": ("yes", "no")}
_HAN: Final = "[\u3400-\u9fff\u3001-\u301f\uff00-\uffef]"
_BEHIND: Final = re.compile(f"(?<={_HAN})[,;:?!](?!//)|[,;](?={_HAN})")
_BRACKETS: Final = re.compile(rf"(?<={_HAN})\(([^()]*)\)")
_FULL_WIDTH: Final = str.maketrans(",;:?!", "，；：？！")


def say(said: Words, lang: Lang) -> str:
    """Return the words of one language: Chinese with its own punctuation, English as a sentence."""
    return said.en[:1].upper() + said.en[1:] if lang == "en" else full_width(said.zh)


def full_width(text: str) -> str:
    """Return Chinese words with the punctuation of print; never for data, which is compared."""
    text = _BEHIND.sub(lambda found: found[0].translate(_FULL_WIDTH), text)
    return _BRACKETS.sub(r"（\1）", text)


def grouped(text: str, sizes: Sequence[int]) -> tuple[str, ...]:
    """Cut a code into groups that people can compare; the rest stays in the last one."""
    groups: list[str] = []
    for size in sizes[:-1]:
        groups.append(text[:size])
        text = text[size:]
    return tuple(group for group in (*groups, text) if group)


def day_text(day: date, lang: Lang) -> str:
    """Return a day: in Chinese as it stands on the page of a licence."""
    return day.isoformat() if lang == "en" else f"{day.year}年{day.month}月{day.day}日"


def moment_text(moment: datetime) -> str:
    """Return a time as clocks in China show it."""
    return f"{moment.astimezone(BEIJING):%Y-%m-%d %H:%M:%S} (UTC+8)"


def fact_text(value: Fact, lang: Lang = "zh") -> str:
    """Return a fact without control characters: it may come from a stranger's file."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _YES_NO[lang][0 if value else 1]
    text = "".join(char if char.isprintable() else "\ufffd" for char in str(value))
    try:
        return moment_text(datetime.strptime(_FRACTION.sub("", text), _MOMENT).replace(tzinfo=UTC))
    except ValueError:
        return text


def high_risk(item: ScopeItem) -> bool:
    """Say whether an item of the scope is printed as high risk."""
    return item.risk is Risk.HIGH


def scope_text(item: ScopeItem) -> str:
    """Return an item of the scope as one line."""
    amount = f"{item.capacity or ''}{item.unit or ''}"
    return " ".join(part for part in (item.name, amount, item.category) if part)


def day_of(text: str, lang: Lang) -> str:
    """Return a day of a fact; anything else as it stands there."""
    try:
        return day_text(date.fromisoformat(text), lang)
    except ValueError:
        return text
