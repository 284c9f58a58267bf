"""`GET …/patients/{patientId}/clinical-summary`: a patient's record, section by section, from one query."""

import os

from . import api, listed, lives, table
from .halo import Halo, integer
from .problem import MALFORMED, NOT_FOUND, Problem, invalid
from .releases import advisories
from .rows import whole
from .section import Reader, Unreadable
from .statements import data, statement

HALO = Halo()
SQL = statement("clinical_summary")
PER_CODE = int(os.environ.get("OBSERVATIONS_PER_CODE", "5"))
NAMES = ("pastHistory", "medications", "allergies", "familyHistory", "social", "observations", "immunisations")
MARKERS = {
    column: {meaning: {word.strip().lower() for word in words} for meaning, words in said.items()}
    for column, said in data("markers.json").items()
}


def handle(event: dict, _deadline: float) -> dict:
    return api.serve(event, read)


def read(request: api.Request) -> dict:
    names, patient = wanted(request.event)
    connection = request.session()
    read_at = table.now()
    asked = [integer("@patientId", patient), integer("@observationsPerCode", PER_CODE), integer("@identity", 0)]
    asked += [integer(f"@{name}", int(name in names)) for name in NAMES]
    site = connection["site"]["haloGuid"]
    rows = HALO.immediate(site, "clinical_summary", SQL, asked, request.deadline, request.used)
    if not rows:
        raise Problem(*NOT_FOUND)
    sections = record(rows[0], names)
    request.record("clinicalSummaryRead", [patient])
    return {
        "patientId": patient,
        "readAt": table.instant(read_at),
        "sections": sections,
        "advisories": advisories("clinicalSummary", connection["site"]),
    }


def wanted(event: dict) -> tuple[list[str], int]:
    listed_names = (event.get("queryStringParameters") or {}).get("sections")
    names = list(NAMES)
    if listed_names is not None:
        words = {word.strip() for word in listed_names.split(",")}
        if not words <= set(NAMES):
            raise invalid(("sections", "sections are " + ", ".join(NAMES) + ", with commas between them"))
        names = [name for name in NAMES if name in words]
    text = event["pathParameters"]["patientId"]
    if not (text.isascii() and text.isdigit()) or text.startswith("0") or not int(text) < 2**31:
        raise Problem(*NOT_FOUND)
    return names, int(text)


def record(row: dict, names: list[str]) -> dict:
    try:
        whole(row["PatientId"])
    except (KeyError, TypeError, ValueError) as error:
        raise Problem(*MALFORMED) from error
    return {name: SECTIONS[name](Reader(row)) for name in names}


def past_history(reader: Reader) -> dict:
    items = reader.entries("History", "BPS_History", listed.condition)
    return reader.conclude(items, reader.nothing_significant("HistoryMarker", MARKERS["pastHistory"]))


def medications(reader: Reader) -> dict:
    return reader.conclude(reader.entries("Medications", "BPS_CurrentRx", listed.medication))


def allergies(reader: Reader) -> dict:
    items = reader.entries("Reactions", "BPS_Reactions", listed.allergy)
    return reader.conclude(items, allergy_marker(reader))


def observations(reader: Reader) -> dict:
    readings = reader.entries("Observations", "BPS_Observations", listed.observation)
    return reader.conclude(listed.pressures(readings))


def immunisations(reader: Reader) -> dict:
    return reader.conclude(reader.entries("Immunisations", "BPS_Immunisations", listed.immunisation))


def allergy_marker(reader: Reader) -> str:
    """Bp has a code and a word. The code decides, unless the word says the contrary."""
    code = word = lost_code = lost_word = None
    try:
        code = coded(reader.rows("AllergyCode", "CLINICAL"))
    except Unreadable as lost:
        lost_code = lost
    try:
        word = reader.marker("AllergyMarker", MARKERS["allergies"])
    except Unreadable as lost:
        lost_word = lost
    for lost in (lost_word, lost_code):
        if lost and (lost.reason == "malformed-answer" or lost_word and code is None):
            reader.missing(lost.reason, lost.view)
    if code is None:
        return word or "silent"
    contrary = {"nil": "recorded", "recorded": "nil"}.get(code)
    return "contradictory" if contrary and word in (contrary, "contradictory") else code


def coded(rows: list) -> str | None:
    if any(not isinstance(row, dict) for row in rows):
        raise Unreadable("malformed-answer", "CLINICAL")
    if not rows:
        return None
    codes = [number(row) for row in rows]
    if len(set(codes)) > 1:
        return "contradictory"
    return {0: "silent", 1: "nil", 2: "recorded"}.get(codes[0], "unknown")


def number(row: dict) -> int | None:
    try:
        return whole(row.get("code"))
    except ValueError:
        return None


SECTIONS = {
    "pastHistory": past_history,
    "medications": medications,
    "allergies": allergies,
    "familyHistory": lambda reader: lives.family(reader, MARKERS["familyHistory"]),
    "social": lives.social,
    "observations": observations,
    "immunisations": immunisations,
}
