"""The sections with one entry for each row."""

from datetime import date

from .rows import Cells, known_day
from .section import named

KINDS = {
    1: ("temperature", "\u00b0C"),
    2: ("pulse", "/min"),
    3: ("systolicPressure", "mmHg"),
    4: ("diastolicPressure", "mmHg"),
    6: ("bloodSugar", "mmol/L"),
    7: ("height", "cm"),
    8: ("weight", "kg"),
    9: ("bodyMassIndex", "kg/m\u00b2"),
    10: ("headCircumference", "cm"),
    17: ("waist", "cm"),
    18: ("hip", "cm"),
    21: ("waistHipRatio", None),
    26: ("diabetesRisk", None),
}
SYSTOLIC, DIASTOLIC = 3, 4
OTHER = ("other", None)
FRACTURES = ("displaced", "compound", "comminuted", "spiral", "greenstick")


def entry(cells: Cells, found: dict, about: tuple[str, ...]) -> dict | None:
    """An entry of which part is unreadable is lost if the rest does not say what it is about."""
    if cells.unreadable and all(found[member] is None for member in about):
        return None
    return named(cells, found)


def partial_date(year: int, month: int, day: int) -> str | None:
    if not 1 <= year <= 9999:
        return None
    if not 1 <= month <= 12:
        return f"{year:04}"
    try:
        return known_day(date(year, month, day))
    except ValueError:
        return f"{year:04}-{month:02}"


def condition(cells: Cells) -> dict | None:
    year, month, day = (cells.number(column, "date") or 0 for column in ("year", "month", "day"))
    fracture = cells.flag("fracture")
    kinds = {kind: cells.flag(kind, f"fracture.{kind}") for kind in FRACTURES}
    found = {
        "recordId": cells.number("id", "recordId"),
        "date": partial_date(year, month, day),
        "condition": cells.text("condition"),
        "conditionCode": cells.code("conditionCode"),
        "snomed": cells.text("snomed"),
        "status": cells.text("status"),
        "side": cells.text("side"),
        "severity": cells.text("severity"),
        "acute": cells.flag("acute"),
        "inSummary": cells.optional_flag("summary", "inSummary"),
        "fracture": kinds if fracture or True in kinds.values() else None,
        "details": cells.text("details"),
        "recordedOn": cells.date("recordedOn"),
    }
    return entry(cells, found, ("condition", "conditionCode", "snomed", "details"))


def medication(cells: Cells) -> dict | None:
    found = {
        "recordId": cells.number("id", "recordId"),
        "name": cells.text("name"),
        "dose": cells.text("dose"),
        "frequency": cells.text("frequency"),
        "food": cells.text("food"),
        "otherDetail": cells.text("otherDetail"),
        "whenNeeded": cells.flag("prn", "whenNeeded"),
        "instructions": cells.text("instructions"),
        "routeCode": cells.code("routeCode"),
        "quantity": cells.code("quantity"),
        "unit": cells.text("unit"),
        "repeats": cells.number("repeats"),
        "indication": cells.text("indication"),
        "firstDate": cells.date("firstDate"),
        "lastDate": cells.date("lastDate"),
        "productId": cells.code("productId"),
        "recordedOn": cells.date("recordedOn"),
    }
    return entry(cells, found, ("name", "productId", "instructions"))


def allergy(cells: Cells) -> dict | None:
    found = {
        "item": cells.text("item"),
        "reaction": cells.text("reaction"),
        "severity": cells.text("severity"),
        "comment": cells.text("comment"),
        "recordedOn": cells.date("recordedOn"),
    }
    if found["item"] is None and found["reaction"] is None and found["comment"] is None:
        return None
    return named(cells, found)


def immunisation(cells: Cells) -> dict | None:
    given_on, elsewhere = cells.date("givenOn"), cells.number("notGivenHere")
    found = {
        "recordId": cells.number("id", "recordId"),
        "givenOn": given_on,
        "notGivenHere": None if elsewhere is None else elsewhere != 0,
        "vaccine": cells.text("vaccine"),
        "vaccineId": cells.code("vaccineId"),
        "batchNumber": cells.text("batchNumber"),
        "sequence": cells.code("sequence"),
        "siteCode": cells.code("siteCode"),
        "routeCode": cells.code("routeCode"),
        "consentCode": cells.code("consentCode"),
        "comment": cells.text("comment"),
        "provider": cells.text("provider"),
    }
    return entry(cells, found, ("vaccine", "vaccineId", "comment"))


def observation(cells: Cells) -> dict | None:
    day = cells.date("date", "observedAt")
    seconds = cells.code("time", "observedAt")
    if seconds is not None and not 0 <= seconds < 86_400:
        seconds = cells.refuse("observedAt")
    at = day
    if day and seconds:
        at = f"{day}T{seconds // 3600:02}:{seconds // 60 % 60:02}"
    number = cells.number("id", "recordIds")
    code = cells.number("code", "bpCode")
    value = cells.text("value")
    kind, unit = KINDS.get(code, OTHER)
    found = {
        "code": kind,
        "bpCode": code,
        "recordIds": [] if number is None else [number],
        "name": cells.text("name"),
        "value": value,
    }
    if unit:
        found["unit"] = unit
    if value is not None and code == SYSTOLIC:
        found["systolic"] = value
    if value is not None and code == DIASTOLIC:
        found["diastolic"] = value
    found["observedAt"] = at
    modifier = cells.code("modifier")
    if modifier is not None:
        found["modifier"] = modifier
    found["provider"] = cells.text("provider")
    return entry(cells, found, ("bpCode", "name", "value"))


def pressures(readings: list[dict]) -> list[dict]:
    """The two halves of a blood pressure become one measurement."""
    halves: dict[tuple, list[dict]] = {}
    for one in readings:
        if one["bpCode"] in (SYSTOLIC, DIASTOLIC) and one["value"] is not None and one["recordIds"]:
            if one["observedAt"] and "observedAt" not in one.get("unreadable", ()):
                halves.setdefault((one["bpCode"], one["observedAt"]), []).append(one)
    partners, joined = {}, set()
    for (code, at), own in halves.items():
        other = halves.get((DIASTOLIC, at))
        if code != SYSTOLIC or not other or len(own) != len(other) or not (clear(own) and clear(other)):
            continue
        by_number = lambda one: one["recordIds"]  # noqa: E731
        for upper, lower in zip(sorted(own, key=by_number), sorted(other, key=by_number), strict=True):
            partners[id(upper)] = lower
            joined.add(id(lower))
    return [together(one, partners.get(id(one))) for one in readings if id(one) not in joined]


def clear(halves: list[dict]) -> bool:
    return len({one["recordIds"][0] for one in halves}) == len(halves)


def together(upper: dict, lower: dict | None) -> dict:
    if lower is None:
        return upper
    one = {
        **upper,
        "code": "bloodPressure",
        "recordIds": upper["recordIds"] + lower["recordIds"],
        "name": "Blood pressure",
        "value": f"{upper['value']}/{lower['value']}",
        "diastolic": lower["value"],
    }
    unreadable = dict.fromkeys([*upper.get("unreadable", ()), *lower.get("unreadable", ())])
    return one | {"unreadable": list(unreadable)} if unreadable else one
