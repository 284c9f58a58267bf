"""The sections with entries of several kinds: family history and social history."""

from .rows import Cells
from .section import Reader, named

SMOKING_DISAGREES = "Bp's entries about smoking do not agree."
LIVES_DISAGREE = "Bp holds several entries that do not agree, and does not say which is the latest."


def family(reader: Reader, words: dict) -> dict:
    items: list[dict] = []
    for row in reader.objects("Family", "BPS_FamilyHistory"):
        cells = Cells(row)
        unknown, comment = cells.flag("unknown"), cells.text("comment")
        if cells.unreadable:
            reader.lose_row("BPS_FamilyHistory")
        found = [{"kind": "familyUnknown"}] if unknown else []
        found += [one for one in (parent(Cells(row), "father"), parent(Cells(row), "mother")) if one]
        if comment is not None:
            found.append({"kind": "comment", "text": comment})
        items += [one for one in found if one not in items]
    items += reader.entries("Relatives", "BPS_FamilyHistoryDetail", relative)
    return reader.conclude(items, reader.nothing_significant("FamilyMarker", words))


def parent(cells: Cells, which: str) -> dict | None:
    alive = cells.alive(f"{which}Alive", "alive")
    age = cells.code(f"{which}Age", "ageAtDeath")
    cause = cells.text(f"{which}Cause", "causeOfDeath")
    if alive is None and age is None and cause is None and not cells.unreadable:
        return None
    found = {"kind": "parent", "relation": which, "alive": alive, "ageAtDeath": age, "causeOfDeath": cause}
    return named(cells, found)


def relative(cells: Cells) -> dict | None:
    found = {
        "kind": "relative",
        "relation": cells.text("relation"),
        "condition": cells.text("condition"),
        "diseaseCode": cells.code("diseaseCode"),
        "comment": cells.text("comment"),
    }
    about = (found["condition"], found["diseaseCode"], found["comment"])
    return None if cells.unreadable and about == (None, None, None) else named(cells, found)


def social(reader: Reader) -> dict:
    tobacco = said(reader, "Tobacco", "BPS_Tobacco", smoked, ())
    alcohol = said(reader, "Alcohol", "BPS_Alcohol", drinking, ("nonDrinker",))
    lives = said(reader, "Circumstances", "BPS_Clinical", living, ("retired", "pacemaker"))
    smoking = merged(tobacco, statuses(reader))
    work = reader.entries("Occupations", "BPS_OccupationHistory", working)
    remarks = ()
    if len(smoking) > 1 or any("otherStatuses" in one for one in smoking):
        remarks += (SMOKING_DISAGREES,)
    if len(lives) > 1:
        remarks += (LIVES_DISAGREE,)
    return reader.conclude([*smoking, *alcohol, *lives, *work], remarks=remarks)


def said(reader: Reader, column: str, view: str, make, ticks: tuple[str, ...]) -> list[dict]:
    """The different entries of a source. Only a ticked box means something."""
    found: list[dict] = []
    for row in reader.objects(column, view):
        cells = Cells(row)
        one = make(cells)
        bare = all(
            value is None or member in ("kind", "unreadable") or member in ticks and value is False
            for member, value in one.items()
        )
        if bare and cells.unreadable:
            reader.lose_row(view)
        elif not bare and one not in found:
            found.append(one)
    return found


def statuses(reader: Reader) -> list[str]:
    try:
        rows = reader.rows("Circumstances", "BPS_Clinical")
    except Exception:
        return []
    found = (Cells(row).text("smokingStatus") for row in rows if isinstance(row, dict))
    return list(dict.fromkeys(status for status in found if status))


def merged(tobacco: list[dict], elsewhere: list[str]) -> list[dict]:
    """Bp keeps the smoking status in two places."""
    own = {one["status"] for one in tobacco}
    elsewhere = [status for status in elsewhere if status not in own]
    if not elsewhere:
        return tobacco
    if not tobacco:
        tobacco = [smoked(Cells({}))]
        tobacco[0].pop("unreadable", None)
    first = tobacco[0]
    if first["status"] is None:
        first["status"] = elsewhere.pop(0)
    if elsewhere:
        first["otherStatuses"] = elsewhere
    return tobacco


def smoked(cells: Cells) -> dict:
    found = {
        "kind": "tobacco",
        "status": cells.text("status"),
        "type": cells.text("type"),
        "perDay": cells.code("perDay"),
        "yearStarted": cells.code("yearStarted"),
        "pastStatus": cells.text("pastStatus"),
        "pastPerDay": cells.code("pastPerDay"),
        "pastYearStarted": cells.code("pastStarted", "pastYearStarted"),
        "pastYearStopped": cells.code("pastStopped", "pastYearStopped"),
    }
    return named(cells, found)


def drinking(cells: Cells) -> dict:
    found = {
        "kind": "alcohol",
        "nonDrinker": cells.flag("nonDrinker"),
        "daysPerWeek": cells.code("daysPerWeek"),
        "drinksPerDay": cells.code("drinksPerDay"),
        "description": cells.text("description"),
        "pastLevel": cells.text("pastLevel"),
        "yearStarted": cells.code("yearStarted"),
        "yearStopped": cells.code("yearStopped"),
        "comment": cells.text("comment"),
    }
    return named(cells, found)


def living(cells: Cells) -> dict:
    # The status is shown as tobacco. This entry names it if it is unreadable.
    cells.text("smokingStatus")
    found = {
        "kind": "circumstances",
        "socialHistory": cells.text("socialHistory"),
        "recreation": cells.text("recreation"),
        "accommodation": cells.text("accommodation"),
        "livesWith": cells.text("livesWith"),
        "hasCarer": cells.text("hasCarer"),
        "isCarer": cells.text("isCarer"),
        "maritalStatus": cells.text("maritalStatus"),
        "sexuality": cells.text("sexuality"),
        "retired": cells.flag("retired"),
        "eliteSports": cells.text("eliteSports"),
        "bloodGroup": cells.text("bloodGroup"),
        "pacemaker": cells.flag("paceMaker", "pacemaker"),
        "advanceCareDirective": cells.optional_code("advanceCareDirective"),
        "powerOfAttorney": cells.optional_code("powerOfAttorney"),
    }
    return named(cells, found)


def working(cells: Cells) -> dict | None:
    found = {
        "kind": "occupation",
        "occupation": cells.text("occupation"),
        "description": cells.text("description"),
        "employer": cells.text("employer"),
        "yearStarted": cells.code("yearStarted"),
        "yearStopped": cells.code("yearStopped"),
        "asbestos": cells.flag("asbestos"),
        "dust": cells.flag("dust"),
        "radiation": cells.flag("radiation"),
        "animals": cells.flag("animals"),
        "comment": cells.text("comment"),
        "adfStatus": cells.code("adfStatus"),
    }
    is_named = any(found[member] for member in ("occupation", "description", "employer", "comment"))
    return named(cells, found) if is_named or not cells.unreadable else None
