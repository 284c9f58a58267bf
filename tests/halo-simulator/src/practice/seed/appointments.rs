//! Sessions, absences and the appointment book, before and after the reference date.

use jiff::civil::{Date, Weekday};
use rusqlite::params;

use super::super::cast::patient;
use super::dice::Dice;
use super::staff::Staff;
use super::table::Table;
use super::{Part, Person, Seeding, day, midnight};

const SLOT: i64 = 900;
/// Mornings and afternoons, in seconds since midnight.
const SESSIONS: [(i64, i64); 2] = [(32_400, 45_000), (48_600, 61_200)];
const WEEKS_BACK: i64 = 2;

const LIVE: i64 = 1;
const CANCELLED: i64 = 4;

const BOOKED: i64 = 1;
const WAITING: i64 = 2;
const WITH_DOCTOR: i64 = 3;
const COMPLETED: i64 = 6;
const PAID: i64 = 7;
const DID_NOT_ATTEND: i64 = 10;

pub(super) fn book(
    seeding: &Seeding<'_>,
    people: &[Person],
    staff: &Staff,
) -> rusqlite::Result<()> {
    let mut dice = seeding.dice(Part::Appointments);
    let away = roster(seeding, staff)?;
    let mut book = Book {
        appointments: seeding.table(
            "APPOINTMENTS",
            "INTERNALID RECORDSTATUS USERID LOCATIONID APPOINTMENTDATE APPOINTMENTTIME APPOINTMENTLENGTH \
             APPOINTMENTCODE APPOINTMENTTYPE URGENT REASON ARRIVALTIME CONSULTATIONTIME BOOKEDBY PATIENTS COMMENT \
             CREATED CREATEDBY",
        )?,
        cancellations: seeding.table(
            "CANCELLEDAPPOINTMENTS",
            "APPOINTMENTID CANCELLEDBY CANCELLEDDATE CANCELLEDTIME REASON",
        )?,
        reception: staff.reception,
    };
    for offset in -WEEKS_BACK * 7..=seeding.plan.weeks_ahead * 7 {
        let date = day(offset);
        for (index, (user, locations)) in (0_i64..).zip(&staff.practitioners) {
            let gone = away.iter().any(|leave| leave.user == *user && leave.covers(date));
            let Some(location) = location_on(date, index, locations) else { continue };
            if !gone {
                let chair = Chair { user: *user, location, date, offset };
                book.fill(&chair, people, &mut dice)?;
            }
        }
    }
    book.demonstrate(staff)
}

struct Leave {
    user: i64,
    from: Date,
    until: Date,
}

impl Leave {
    fn covers(&self, date: Date) -> bool {
        self.from <= date && date <= self.until
    }
}

/// The location of a practitioner on a weekday. Nobody works at weekends.
fn location_on(date: Date, index: i64, locations: &[i64]) -> Option<i64> {
    let weekday = date.weekday();
    if matches!(weekday, Weekday::Saturday | Weekday::Sunday) {
        return None;
    }
    let turn = (i64::from(weekday.to_monday_zero_offset()) + index) as usize;
    locations.get(turn % locations.len().max(1)).copied()
}

/// Sessions for everyone, some leave, and an extra Saturday.
fn roster(seeding: &Seeding<'_>, staff: &Staff) -> rusqlite::Result<Vec<Leave>> {
    let mut sessions = seeding.table(
        "SESSIONS",
        "USERID LOCATIONID DAYOFWEEK STARTTIME ENDTIME LENGTH LABEL STARTDATE ENDDATE WEEKS",
    )?;
    let mut leaves = Vec::new();
    for (index, (user, locations)) in (0_i64..).zip(&staff.practitioners) {
        // The reference date is a Monday, and Monday is day 2.
        for weekday in 0..5 {
            let Some(location) = location_on(day(weekday), index, locations) else { continue };
            for (start, end) in SESSIONS {
                let label = if start < 43_200 { "Morning" } else { "Afternoon" };
                let from = midnight(day(-700));
                let none = None::<&str>;
                sessions.add(params![
                    user,
                    location,
                    weekday + 2,
                    start,
                    end,
                    SLOT,
                    label,
                    from,
                    none,
                    1
                ])?;
            }
        }
        // Weeks of leave, spread so that someone is away in nearly every week.
        for number in 0..2 {
            let from = 7 * (1 + (index * 2 + number * 5) % 9);
            if (index + number) % 3 != 2 {
                leaves.push(Leave { user: *user, from: day(from), until: day(from + 4) });
            }
        }
    }
    let mut away =
        seeding.table("DAYSAWAY", "RECORDSTATUS USERID STARTDATE FINISHDATE AWAYREASON")?;
    for leave in &leaves {
        away.add(params![
            1,
            leave.user,
            midnight(leave.from),
            midnight(leave.until),
            "Annual leave"
        ])?;
    }
    let first = staff.practitioners.first().map_or(1, |(id, _)| *id);
    // A leave that was withdrawn.
    away.add(params![0, first, midnight(day(1)), midnight(day(60)), "Withdrawn"])?;
    let location = staff.practitioners.first().and_then(|(_, at)| at.first().copied()).unwrap_or(1);
    seeding
        .table("EXTRASESSIONS", "USERID LOCATIONID SESSIONDATE STARTTIME ENDTIME LENGTH")?
        .add(params![first, location, midnight(day(12)), 32_400, 43_200, SLOT])?;
    Ok(leaves)
}

/// A practitioner at a location on a day.
struct Chair {
    user: i64,
    location: i64,
    date: Date,
    /// Days after the reference date.
    offset: i64,
}

struct Book<'c> {
    appointments: Table<'c>,
    cancellations: Table<'c>,
    reception: i64,
}

/// One entry of the book.
#[derive(Default)]
struct Entry {
    patient: i64,
    status: i64,
    time: i64,
    length: i64,
    state: i64,
    kind: i64,
    urgent: bool,
    reason: Option<&'static str>,
    arrived: i64,
    seen: i64,
}

impl Book<'_> {
    fn fill(&mut self, chair: &Chair, people: &[Person], dice: &mut Dice) -> rusqlite::Result<()> {
        // Later days have fewer appointments.
        let busy = if chair.offset < 1 { 70 } else { (55 - chair.offset).max(8) };
        for (start, end) in SESSIONS {
            let mut time = start;
            while time < end {
                let long = dice.percent(15) && time + 2 * SLOT <= end;
                let length = if long { 2 * SLOT } else { SLOT };
                if dice.percent(busy) {
                    self.enter(chair, time, length, people, dice)?;
                } else if dice.percent(3) {
                    let reason = Some(*dice.pick(&["Staff meeting", "Do not book", "Teaching"]));
                    let blocked = Entry {
                        status: LIVE,
                        time,
                        length,
                        state: BOOKED,
                        kind: 110,
                        reason,
                        ..Entry::default()
                    };
                    self.add(chair, &blocked)?;
                }
                time += length;
            }
        }
        Ok(())
    }

    fn enter(
        &mut self,
        chair: &Chair,
        time: i64,
        length: i64,
        people: &[Person],
        dice: &mut Dice,
    ) -> rusqlite::Result<()> {
        let patient = loop {
            let id = dice.pick(people).id;
            if id != patient::EMPTY && id != patient::DELETED {
                break id;
            }
        };
        let mut entry = Entry {
            patient,
            status: LIVE,
            time,
            length,
            state: BOOKED,
            kind: *dice.pick(&[1, 1, 1, 1, 2, 4, 7, 24, 29, 30, 103]),
            urgent: dice.percent(3),
            reason: dice.percent(25).then(|| *dice.pick(&["Script", "Results", "Check-up", ""])),
            ..Entry::default()
        };
        if dice.percent(6) {
            entry.status = CANCELLED;
        } else if chair.offset < 0 {
            entry.state =
                if dice.percent(5) { DID_NOT_ATTEND } else { *dice.pick(&[COMPLETED, PAID]) };
        } else if chair.offset == 0 && time < 39_600 {
            entry.state = *dice.pick(&[WAITING, WITH_DOCTOR, COMPLETED]);
        }
        if !matches!(entry.state, BOOKED | DID_NOT_ATTEND) {
            entry.arrived = time - dice.within(-300..=900);
            if entry.state != WAITING {
                entry.seen = time + dice.within(0..=1_200);
            }
        }
        let id = self.add(chair, &entry)?;
        if entry.status == CANCELLED {
            self.cancel(id, chair.offset)?;
            // The slot was given to another patient.
            if dice.percent(50) {
                self.enter(chair, time, length, people, dice)?;
            }
        }
        Ok(())
    }

    fn cancel(&mut self, id: i64, offset: i64) -> rusqlite::Result<()> {
        let at = midnight(day((offset - 1).min(0)));
        self.cancellations.add(params![id, self.reception, at, 36_000, "Patient rang"])?;
        Ok(())
    }

    /// One appointment of each kind for the demonstration patient, after closing time.
    fn demonstrate(&mut self, staff: &Staff) -> rusqlite::Result<()> {
        let Some((user, locations)) = staff.practitioners.first() else { return Ok(()) };
        let location = locations.first().copied().unwrap_or(1);
        let entry = |status, state, arrived, seen| Entry {
            patient: patient::DEMONSTRATION,
            status,
            time: 61_200,
            length: SLOT,
            state,
            kind: 1,
            reason: Some("Check-up"),
            arrived,
            seen,
            ..Entry::default()
        };
        for (offset, entry) in [
            (-7, entry(LIVE, PAID, 60_900, 61_500)),
            (-5, entry(LIVE, DID_NOT_ATTEND, 0, 0)),
            (0, entry(LIVE, WAITING, 60_600, 0)),
            (28, entry(LIVE, BOOKED, 0, 0)),
            (29, entry(CANCELLED, BOOKED, 0, 0)),
        ] {
            let chair = Chair { user: *user, location, date: day(offset), offset };
            let id = self.add(&chair, &entry)?;
            if entry.status == CANCELLED {
                self.cancel(id, offset)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, chair: &Chair, entry: &Entry) -> rusqlite::Result<i64> {
        // About one in nine is negative: the user is the absolute value.
        let by = if (entry.time / SLOT + chair.offset) % 9 == 0 {
            -self.reception
        } else {
            self.reception
        };
        self.appointments.add(params![
            entry.patient,
            entry.status,
            chair.user,
            chair.location,
            midnight(chair.date),
            entry.time,
            entry.length,
            entry.state,
            entry.kind,
            i64::from(entry.urgent),
            entry.reason,
            entry.arrived,
            entry.seen,
            by,
            i64::from(entry.patient > 0),
            None::<&str>,
            midnight(day((chair.offset - 14).min(0))),
            by,
        ])
    }
}
