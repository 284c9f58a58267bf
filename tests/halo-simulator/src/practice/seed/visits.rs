//! Visits, smears, billed services, and patients without reminders.

use std::collections::HashMap;

use jiff::civil::Date;
use rusqlite::params;

use super::super::cast::{Sex, patient};
use super::dice::Dice;
use super::table::Table;
use super::{Part, Person, Seeding, day, midnight};

/// The words are public. Their codes are assumed.
pub(super) const VISIT_TYPES: [&str; 14] = [
    "",
    "Surgery",
    "Home",
    "Non Visit",
    "Hospital",
    "RACF",
    "Telephone",
    "SMS",
    "Email",
    "Locum Service",
    "Out of Office",
    "Other",
    "Hostel",
    "Telehealth",
];
const SURGERY: i64 = 1;
const TELEPHONE: i64 = 6;
const TELEHEALTH: i64 = 13;

/// `Negative` is public. The others are assumed.
pub(super) const SMEAR_RESULTS: [&str; 4] =
    ["", "Negative", "Low grade change", "Unsatisfactory sample"];

/// Item of the Medicare Benefits Schedule, description, fee in cents.
const ITEMS: [(i64, &str, i64); 4] = [
    (3, "Professional attendance, level A", 2_030),
    (23, "Professional attendance, level B", 4_390),
    (36, "Professional attendance, level C", 8_490),
    (721, "Preparation of a GP management plan", 16_465),
];

/// The public reminder item: the shingles vaccine.
const SHINGLES: i64 = 15;

const CANCELLED: i64 = 2;
const REVERSED: i64 = 9;

pub(super) fn record(seeding: &Seeding<'_>, people: &[Person]) -> rusqlite::Result<()> {
    let mut dice = seeding.dice(Part::Visits);
    let mut rooms = Rooms::open(seeding)?;
    for person in people.iter().filter(|person| person.id != patient::EMPTY) {
        let full = person.id == patient::DEMONSTRATION;
        for number in 0..(if full { 6 } else { dice.within(0..=3) }) {
            rooms.visit(person, full.then_some(number), &mut dice)?;
        }
        let screened = person.sex == Sex::Female && (25..75).contains(&person.age());
        if full || (screened && dice.percent(50)) {
            rooms.smear(person, &mut dice)?;
        }
        if full || dice.percent(4) {
            rooms.reminders.add(params![person.id, SHINGLES])?;
        }
    }
    Ok(())
}

/// The tables that a visit fills.
struct Rooms<'c> {
    /// Display names of the practitioners.
    doctors: HashMap<i64, String>,
    visits: Table<'c>,
    smears: Table<'c>,
    invoices: Table<'c>,
    services: Table<'c>,
    reminders: Table<'c>,
}

impl<'c> Rooms<'c> {
    fn open(seeding: &Seeding<'c>) -> rusqlite::Result<Self> {
        let mut names = seeding.connection.prepare(
            "SELECT u.USERID, trim(rtrim(t.TITLE) || ' ' || rtrim(u.FIRSTNAME) || ' ' || rtrim(u.SURNAME))
             FROM USERS AS u JOIN TITLES AS t ON t.TITLECODE = u.TITLECODE",
        )?;
        let doctors = names.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Self {
            doctors: doctors.collect::<rusqlite::Result<_>>()?,
            visits: seeding.table(
                "VISITS",
                "INTERNALID USERID RECORDSTATUS VISITCODE DRNAME VISITDATE RECORDEDDATE STARTTIME ENDTIME \
                 DURATION LOCATION CONFIDENTIAL VISITNOTES CREATED",
            )?,
            smears: seeding.table(
                "PAPSMEARS",
                "RECORDSTATUS INTERNALID USERID PAPDATE PAPCODE COMMENT HPV ENDOCERVICALCELLS CST HPV16 HPV18 \
                 HPVOTHER CREATED",
            )?,
            invoices: seeding.table(
                "INVOICES",
                "USERID LOCATIONID INTERNALID INVOICEDATE PAYERCODE TOTAL CREATED",
            )?,
            services: seeding.table(
                "SERVICES",
                "RECORDSTATUS SERVICESTATUS SERVICEDATE INVOICEID VISITID MBSITEM DESCRIPTION FEE TOTALFEE \
                 LOCATIONID USERID PAYERCODE CREATED",
            )?,
            reminders: seeding.table("PREVENTIVEHEALTH", "INTERNALID ITEMID")?,
        })
    }

    fn visit(
        &mut self,
        person: &Person,
        wanted: Option<i64>,
        dice: &mut Dice,
    ) -> rusqlite::Result<()> {
        let on = day(dice.within(-1_000..=-1));
        let kind = match dice.within(1..=10) {
            1..=7 => SURGERY,
            8 => TELEPHONE,
            9 => TELEHEALTH,
            _ => dice.within(2..=5),
        };
        let start = dice.within(32..=67) * 900;
        let length = dice.within(6..=30) * 60;
        let note =
            "Reviewed. Plan discussed and agreed.\r\nReturn in three months, sooner if worse.";
        let visit = self.visits.add(params![
            person.id,
            person.doctor,
            i64::from(wanted.is_some() || !dice.percent(3)),
            kind,
            self.doctors.get(&person.doctor).filter(|name| !name.is_empty()),
            midnight(on),
            midnight(on),
            start,
            start + length,
            length,
            1,
            i64::from(dice.percent(3)),
            (wanted.is_some() || dice.percent(80)).then_some(note),
            midnight(on),
        ])?;
        if kind == SURGERY || kind == TELEHEALTH {
            self.bill(person, on, visit, wanted, dice)?;
        }
        Ok(())
    }

    fn bill(
        &mut self,
        person: &Person,
        on: Date,
        visit: i64,
        wanted: Option<i64>,
        dice: &mut Dice,
    ) -> rusqlite::Result<()> {
        let (item, description, fee) = *dice.pick(&ITEMS);
        let payer = if person.medicare.is_some() { 2 } else { 1 };
        let invoice = self.invoices.add(params![
            person.doctor,
            1,
            person.id,
            midnight(on),
            payer,
            fee,
            midnight(on)
        ])?;
        let odd = if wanted.is_some() { 100 } else { dice.within(1..=100) };
        self.services.add(params![
            if odd <= 3 { CANCELLED } else { 1 },
            if (4..=6).contains(&odd) { REVERSED } else { 1 },
            midnight(on),
            invoice,
            visit,
            item,
            description,
            fee,
            fee,
            1,
            person.doctor,
            payer,
            midnight(on),
        ])?;
        Ok(())
    }

    fn smear(&mut self, person: &Person, dice: &mut Dice) -> rusqlite::Result<()> {
        let on = day(dice.within(-2_500..=-30));
        let result = if dice.percent(85) { 1 } else { dice.within(2..=3) };
        let virus = |dice: &mut Dice| if dice.percent(95) { 1 } else { 2 };
        self.smears.add(params![
            i64::from(person.id == patient::DEMONSTRATION || !dice.percent(4)),
            person.id,
            person.doctor,
            midnight(on),
            result,
            (result > 1).then_some("Repeat in twelve months."),
            i64::from(result == 2),
            i64::from(dice.percent(80)),
            i64::from(dice.percent(80)),
            virus(dice),
            virus(dice),
            virus(dice),
            midnight(on),
        ])?;
        Ok(())
    }
}
