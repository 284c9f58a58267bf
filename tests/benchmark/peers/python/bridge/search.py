"""`POST …/patients/search`: patients by last name and date of birth."""

from datetime import date, timedelta

import orjson

from . import api, spelling, table
from .halo import Halo, day, var_char
from .problem import MALFORMED, Problem, invalid
from .rows import Cells
from .runtime import log
from .statements import statement

HALO = Halo()
SQL = statement("patient_search")
MOST = 50
TEXTS = (
    ("title", "Title"),
    ("firstName", "Firstname"),
    ("middleName", "Middlename"),
    ("lastName", "Surname"),
    ("preferredName", "Preferredname"),
    ("sex", "Sex"),
    ("suburb", "City"),
)
STATUSES = ("active", "inactive", "deceased")


def handle(event: dict, _deadline: float) -> dict:
    return api.serve(event, search)


def search(request: api.Request) -> dict:
    surname, born = wanted(request.event)
    connection = request.session()
    parameters = [
        day("@dateOfBirth", born),
        var_char("@surname", surname),
        var_char("@surnamePattern", spelling.like(surname)),
    ]
    site = connection["site"]["haloGuid"]
    rows = HALO.immediate(site, "patient_search", SQL, parameters, request.deadline, request.used)
    found = matches(rows)
    request.record("patientSearch", [person["patientId"] for person in found["matches"]])
    remember(request, table.database(connection), found["matches"])
    return found


def wanted(event: dict) -> tuple[str, date]:
    try:
        body = orjson.loads(event.get("body") or b"")
        last_name, born = body["lastName"], body["dateOfBirth"]
        if len(body) != 2 or not isinstance(last_name, str) or not isinstance(born, str):
            raise ValueError
    except (KeyError, TypeError, ValueError) as error:
        raise invalid(("", "the body is an object with lastName and dateOfBirth")) from error
    errors = []
    refused = spelling.refusal(last_name)
    if refused:
        errors.append(("/lastName", refused))
    parsed = None
    try:
        parsed = date.fromisoformat(born) if len(born) == 10 else None
    except ValueError:
        pass
    if parsed is None:
        errors.append(("/dateOfBirth", "a date of birth is a real date, written YYYY-MM-DD"))
    # A new day begins first in Auckland, up to 13 hours ahead.
    elif parsed.year < 1850 or parsed > (table.now() + timedelta(hours=13)).date():
        errors.append(("/dateOfBirth", "a date of birth lies between 1850 and today"))
    if errors:
        raise invalid(*errors)
    return spelling.surname_key(last_name), parsed


def matches(rows: list) -> dict:
    people, unreadable = {}, 0
    for row in rows:
        try:
            person = match(row)
            people.setdefault(person["patientId"], person)
        except ValueError:
            unreadable += 1
            log(level="WARN", message="a row cannot be read and is left out")
        except AttributeError as error:
            raise Problem(*MALFORMED) from error
    found = {"matches": list(people.values())[:MOST], "more": len(rows) > MOST}
    return found | {"unreadableRows": unreadable} if unreadable else found


def match(row: dict) -> dict:
    cells = Cells(row)
    ending = cells.text("MedicareEnding", "medicareEnding")
    status = (cells.text("StatusText", "status") or "").lower()
    texts = {member: cells.text(column, member) for member, column in TEXTS}
    number = row.get("InternalID")
    number = int(number) if isinstance(number, (int, str)) else 0
    if not 0 < number < 2**31:
        raise ValueError
    person = {
        "patientId": number,
        "status": status if status in STATUSES else "other",
        **texts,
        "dateOfBirth": cells.date("DOB", "dateOfBirth"),
        "medicareEnding": ending if ending and ending.isdigit() else None,
    }
    return person | {"unreadable": cells.unreadable} if cells.unreadable else person


def remember(request: api.Request, site: str, people: list[dict]) -> None:
    """Stores which patients the caller was shown. If that fails, they are shown nevertheless."""
    shown = [
        (
            person["patientId"],
            {
                "surname": spelling.surname_key(person["lastName"]),
                "dateOfBirth": person["dateOfBirth"],
                "status": person["status"],
            },
        )
        for person in people
    ]
    try:
        table.save_shown(request.practice, request.account, site, shown)
    except Exception as error:
        log(level="WARN", message="the patients that a caller was shown are not stored", error=type(error).__name__)
