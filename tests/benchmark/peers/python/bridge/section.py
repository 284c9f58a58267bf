"""A section of the clinical record: what is recorded, what Bp's marker says, and what could not be read."""

from collections.abc import Callable

import orjson

from .rows import Cells, whole

REASONS = {
    "malformed-answer": "The practice's answer could not be understood",
    "bp-permission-missing": "Bp does not let us read this",
    "bp-release-differs": "This release of Bp lacks something we need",
    "bp-refused": "Bp's database rejected the query",
}
NIL_BUT_LISTED = "Bp also says that there is nothing to list here. Ask the patient."
RECORDED_BUT_EMPTY = "Bp says that something is recorded here, but lists nothing. Ask the patient."
MARKERS_DISAGREE = (
    "Bp holds several entries that do not agree whether there is anything to list here. Ask the patient."
)
MARKER_UNKNOWN = (
    "Bp's word for whether there is anything to list here is not known to this service. Ask the patient."
)
ROWS_UNREADABLE = (
    "Some of what Bp lists here could not be read and is missing, so the list is not complete. Ask the patient."
)
VALUES_UNREADABLE = "Some values could not be read. The entries that they belong to name them."
LISTED = {"nil": NIL_BUT_LISTED, "contradictory": MARKERS_DISAGREE}
EMPTY = {
    "silent": ("notRecorded", None),
    "nil": ("nilKnown", None),
    "recorded": ("notRecorded", RECORDED_BUT_EMPTY),
    "contradictory": ("notRecorded", MARKERS_DISAGREE),
    "unknown": ("notRecorded", MARKER_UNKNOWN),
}
# SQL Server before 2016 does not know FOR JSON.
_OLD_SERVER = {102, 156, 319}
_NOT_PERMITTED = {229, 230, 262, 297, 300, 916}
_NO_SUCH_OBJECT = {207, 208, 911, 2812, 8144, 8145}


class Unreadable(Exception):
    """A source could not be read."""

    def __init__(self, reason: str, view: str) -> None:
        super().__init__(reason)
        self.reason, self.view = reason, view


class Reader:
    """Reads the sources of one section from the statement's row."""

    def __init__(self, row: dict) -> None:
        self._row = row
        # The view, the reason and how many of its rows could not be read.
        self.unreadable: list[list] = []

    def missing(self, reason: str, view: str) -> None:
        if [view, reason, 0] not in self.unreadable:
            self.unreadable.append([view, reason, 0])

    def lose_row(self, view: str) -> None:
        for known in self.unreadable:
            if known[0] == view:
                known[2] += 1
                return
        self.unreadable.append([view, "malformed-answer", 1])

    def rows(self, column: str, view: str) -> list:
        try:
            number = whole(self._row.get(f"{column}Error"))
        except ValueError:
            raise Unreadable("malformed-answer", view) from None
        if number == 0:
            text = self._row.get(column, 0)
            if text is None or isinstance(text, str) and not text.strip():
                return []
            try:
                found = orjson.loads(text)
            except (TypeError, ValueError):
                found = None
            if not isinstance(found, list):
                raise Unreadable("malformed-answer", view)
            return found
        if number in _OLD_SERVER or number in _NO_SUCH_OBJECT:
            raise Unreadable("bp-release-differs", view)
        if number < 0:
            raise Unreadable("malformed-answer", view)
        raise Unreadable("bp-permission-missing" if number in _NOT_PERMITTED else "bp-refused", view)

    def objects(self, column: str, view: str) -> list[dict]:
        try:
            rows = self.rows(column, view)
        except Unreadable as lost:
            self.missing(lost.reason, lost.view)
            return []
        objects = [row for row in rows if isinstance(row, dict)]
        for _ in range(len(rows) - len(objects)):
            self.lose_row(view)
        return objects

    def entries(self, column: str, view: str, make: Callable[[Cells], dict | None]) -> list[dict]:
        entries = []
        for row in self.objects(column, view):
            entry = make(Cells(row))
            if entry is None:
                self.lose_row(view)
            else:
                entries.append(entry)
        return entries

    def marker(self, column: str, words: dict) -> str:
        """What the words of Bp's marker say: silent, nil, recorded, contradictory or unknown."""
        said = []
        for row in self.rows(column, "BPS_Clinical"):
            if not isinstance(row, dict):
                raise Unreadable("malformed-answer", "BPS_Clinical")
            cells = Cells(row)
            word = cells.text("word")
            if word is None:
                said.append("unknown" if cells.unreadable else "silent")
            elif word.lower() in words["nil"]:
                said.append("nil")
            else:
                said.append("recorded" if word.lower() in words["recorded"] else "unknown")
        if "nil" in said and "recorded" in said:
            return "contradictory"
        return next((marker for marker in ("unknown", "nil", "recorded") if marker in said), "silent")

    def nothing_significant(self, column: str, words: dict) -> str:
        try:
            marker = self.marker(column, words)
        except Unreadable as lost:
            self.missing(lost.reason, lost.view)
            return "silent"
        return "silent" if marker == "recorded" else marker

    def conclude(self, items: list[dict], marker: str = "silent", remarks: tuple[str, ...] = ()) -> dict:
        """Items are always shown. An empty list means "nil known" only if Bp's marker says so."""
        if items:
            status, remark = "recorded", LISTED.get(marker)
        elif self.unreadable:
            status, remark = "unavailable", None
        else:
            status, remark = EMPTY[marker]
        notes = [remark] if remark else []
        lost = sum(rows for _, _, rows in self.unreadable)
        if lost:
            notes.append(ROWS_UNREADABLE)
        if any("unreadable" in item for item in items):
            notes.append(VALUES_UNREADABLE)
        notes.extend(remarks)
        section = {"status": status, "items": items}
        if notes:
            section["note"] = " ".join(notes)
        if self.unreadable:
            # A whole view matters more than some rows.
            first = next((one for one in self.unreadable if one[2] == 0), self.unreadable[0])
            problem = {"type": first[1], "title": REASONS[first[1]], "unreadable": [one[0] for one in self.unreadable]}
            section["problem"] = problem | {"unreadableRows": lost} if lost else problem
        return section


def named(cells: Cells, entry: dict) -> dict:
    """The entry with the names of its unreadable members, if there are some."""
    if cells.unreadable:
        entry["unreadable"] = cells.unreadable
    return entry
