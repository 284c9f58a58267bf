"""The booking guide: validate the Site ID, connect, choose a location, sync the staff, and book visits.

    python booking.py .local/stack.json
"""

from datetime import UTC, datetime, timedelta
from random import randrange
from uuid import uuid4

from practice_bridge.api.bookings import cancel_booking, get_booking, list_bookings, resend_booking, resend_bookings
from practice_bridge.api.bookings import save_booking
from practice_bridge.api.connection import connect_practice, disconnect_practice, validate_site_id
from practice_bridge.api.settings import list_appointment_types, list_locations, replace_settings
from practice_bridge.api.staff import replace_staff, sync_staff
from practice_bridge.models import (
    BookingRequest,
    BookingsRequest,
    BookingState,
    BookingView,
    ClinicianRequest,
    ConnectionState,
    ConnectRequest,
    ProblemBody,
    ProblemType,
    RepresentativeRequest,
    SettingsRequest,
    StaffRequest,
    StaffState,
    ValidationRequest,
)
from stack import PRACTICE, SITE, caller, expect, in_bp, ok, pick, poll, problem

platform = caller("platform")
bp = in_bp("GET", f"/practices/{SITE}")

# Reset the connection. After it, a code is needed.
expect(disconnect_practice.sync_detailed(PRACTICE, client=platform).status_code == 204, "disconnected")

# 2.2: validate the Site ID, connect, choose location, type and duration.
unknown = ok(validate_site_id.sync(PRACTICE, client=platform, body=ValidationRequest(site_id="99999")))
problem(unknown.problem, ProblemType.SITE_UNKNOWN)
validation = ok(validate_site_id.sync(PRACTICE, client=platform, body=ValidationRequest(site_id=SITE)))
expect(validation.valid, f"the Site ID is valid: {validation.practice_name}")
user = pick(bp["users"], lambda user: bool(user["active"]))
form = ConnectRequest(
    site_id=SITE,
    pairing_code=in_bp("POST", f"/practices/{SITE}/pairing-codes")["pairingCode"],
    clinician=ClinicianRequest(first_name=user["firstName"], last_name=user["lastName"]),
)
connection = ok(connect_practice.sync(PRACTICE, client=platform, body=form))
expect(connection.state == ConnectionState.CONNECTED, "the practice is connected")
location = ok(list_locations.sync(PRACTICE, client=platform)).locations[0]
types = ok(list_appointment_types.sync(PRACTICE, client=platform)).items
kind = pick(types, lambda one: one.bookable)
chosen = BookingsRequest(
    enabled=True, location_id=location.location_id, duration_minutes=15, appointment_type_code=kind.code
)
settings = SettingsRequest(time_zone="Australia/Brisbane", bookings=chosen)
expect(ok(replace_settings.sync(PRACTICE, client=platform, body=settings)).bookings.enabled, f"as {kind.name}")

# 2.3: Sync Staff.
numbers = [user["registrationNumber"] for user in bp["users"]]
doctor = pick(
    bp["users"],
    lambda user: bool(user["active"] and user["registrationNumber"]) and numbers.count(user["registrationNumber"]) == 1,
)
number = str(doctor["registrationNumber"])
staff = [
    StaffRequest(ahpra_number=number, first_name=doctor["firstName"], last_name=doctor["lastName"]),
    StaffRequest(ahpra_number="MED0000000000", first_name="Nobody", last_name="Known"),
]
ok(replace_staff.sync(PRACTICE, client=platform, body=staff))
synced = {member.ahpra_number: member for member in ok(sync_staff.sync(PRACTICE, client=platform)).staff}
expect(synced[number].state == StaffState.SYNCED, "the doctor is synced")
expect(synced["MED0000000000"].state == StaffState.NOTFOUND, "the other is not found")
expect(isinstance(synced["MED0000000000"].problem, ProblemBody), "a problem says why")


# 2.4: book, move, resend, cancel.
def visit(days: int, time: str) -> BookingRequest:
    """A visit on a day that far ahead."""
    day = (datetime.now(UTC) + timedelta(days=days)).date()
    representative = RepresentativeRequest(name="Kim Example", company="Example Laboratories")
    return BookingRequest(ahpra_number=number, start=f"{day}T{time}", representative=representative, notes="Lunch")


def follow(booking_id: str, state: BookingState, start: str | None = None) -> BookingView:
    """The booking once it has this state, at this time."""
    return poll(
        lambda: get_booking.sync(PRACTICE, booking_id, client=platform),
        lambda booking: booking.state == state and start in (None, booking.start),
    )


booking_id, second_id = str(uuid4()), str(uuid4())
some_day = randrange(250, 550)
first = visit(some_day, "12:30")
ok(save_booking.sync(PRACTICE, booking_id, client=platform, body=first))
booked = follow(booking_id, BookingState.SYNCED, first.start)
expect(isinstance(booked.bp_appointment_id, int), "the visit is in Bp")

ok(save_booking.sync(PRACTICE, second_id, client=platform, body=first))
conflict = follow(second_id, BookingState.CONFLICT)
problem(conflict.problem, ProblemType.SLOT_TAKEN)
expect(conflict.blocked_by == [booking_id], "the conflict names the first visit")
ok(cancel_booking.sync(PRACTICE, second_id, client=platform))

moved = visit(some_day + 1, "13:00")
ok(save_booking.sync(PRACTICE, booking_id, client=platform, body=moved))
expect(follow(booking_id, BookingState.SYNCED, moved.start).start == moved.start, "the visit is moved")
ok(resend_booking.sync(PRACTICE, booking_id, client=platform))
follow(booking_id, BookingState.SYNCED, moved.start)
expect(ok(resend_bookings.sync(PRACTICE, client=platform)).resent > 0, "all future visits are resent")
follow(booking_id, BookingState.SYNCED, moved.start)
synced_now = [BookingState.SYNCED]
bookings = ok(list_bookings.sync(PRACTICE, client=platform, state=synced_now)).items
expect(booking_id in [booking.booking_id for booking in bookings], "the visit is in the list by state")

ok(cancel_booking.sync(PRACTICE, booking_id, client=platform))
expect(follow(booking_id, BookingState.CANCELLED).cancelled, "the visit is cancelled")
problem(get_booking.sync(PRACTICE, str(uuid4()), client=platform), ProblemType.NOT_FOUND)
