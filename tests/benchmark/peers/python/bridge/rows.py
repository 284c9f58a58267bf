"""Cells of rows. A value that cannot be understood is None, and its member's name is kept."""

from datetime import date

_NO_DAYS = {date(1900, 1, 1), date(1899, 12, 30)}
_EXACT = 2**53


def known_day(day: date | None) -> str | None:
    """Two days mean that no date is known."""
    return None if day is None or day in _NO_DAYS else day.isoformat()


def parse_day(text: str) -> date:
    if len(text) < 10:
        raise ValueError
    return date.fromisoformat(text[:10])


def whole(value: object) -> int:
    """A whole number, written as a number or as text."""
    match value:
        case bool():
            raise ValueError
        case int():
            return value
        case float() if value.is_integer() and abs(value) < _EXACT:
            return int(value)
        case str():
            return int(value)
    raise ValueError


class Cells:
    """The cells of one row, by their columns. `member` is the name that the answer has for one."""

    __slots__ = ("row", "unreadable")

    def __init__(self, row: dict) -> None:
        self.row = row
        self.unreadable: list[str] = []

    def refuse(self, member: str) -> None:
        if member not in self.unreadable:
            self.unreadable.append(member)

    def text(self, column: str, member: str | None = None) -> str | None:
        value = self.row.get(column)
        if isinstance(value, str):
            return value.strip() or None
        if value is None:
            return None
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return str(value)
        return self.refuse(member or column)

    def number(self, column: str, member: str | None = None) -> int | None:
        value = self.row.get(column)
        # Almost every value is one.
        if type(value) is int:
            return value
        try:
            return whole(value)
        except ValueError:
            return self.refuse(member or column)

    def code(self, column: str, member: str | None = None) -> int | None:
        """A number of which 0 means nothing."""
        return self.number(column, member) or None

    def optional_code(self, column: str) -> int | None:
        return None if self.row.get(column) is None else self.code(column)

    def flag(self, column: str, member: str | None = None) -> bool | None:
        value = self.row.get(column)
        if isinstance(value, bool):
            return value
        if isinstance(value, str):
            word = value.strip().lower()
            if word in ("yes", "no", ""):
                return word == "yes"
        return self.refuse(member or column)

    def optional_flag(self, column: str, member: str | None = None) -> bool | None:
        return None if self.row.get(column) is None else self.flag(column, member)

    def alive(self, column: str, member: str) -> bool | None:
        word = (self.text(column, member) or "unknown").lower()
        if word in ("yes", "no"):
            return word == "yes"
        return None if word == "unknown" else self.refuse(member)

    def date(self, column: str, member: str | None = None) -> str | None:
        text = self.text(column, member)
        if text is None:
            return None
        try:
            return known_day(parse_day(text))
        except ValueError:
            return self.refuse(member or column)
