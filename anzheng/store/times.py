"""Times as the database keeps them: ISO 8601 text in UTC with microseconds."""

from datetime import UTC, datetime


def to_text(moment: datetime) -> str:
    """Write an aware moment so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def from_text(text: str) -> datetime:
    """Read a moment that `to_text` wrote."""
    return datetime.fromisoformat(text)
