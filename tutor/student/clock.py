"""The time by which a record goes, and how far a clock is believed."""

from datetime import UTC, datetime, timedelta

LONGEST_JUMP = timedelta(days=400)
"""The clock is not believed to have gone further than this from one event to the next."""

LATEST = datetime(9000, 1, 1, tzinfo=UTC)
"""The last time from which due dates can still be told."""


def wall_clock() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


def believed(wall: datetime, last: datetime | None) -> datetime:
    """Return the time to go by: never before the last event, and at most `LONGEST_JUMP` after it."""
    if last is None:
        return min(wall, LATEST)
    return min(max(wall, last), last + LONGEST_JUMP, max(LATEST, last))
