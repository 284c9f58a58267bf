//! Letters, reports and images of ordinary patients. The files are small. One patient has very many.

use rusqlite::params;

use super::super::cast::patient;
use super::bytes::FileType;
use super::dice::Dice;
use super::store::{Address, CURRENT, Kind, OLDER, Store};
use super::table::Table;
use super::{Part, Person, Seeding, day, midnight};

pub(super) const SPECIALISTS: [&str; 6] = [
    "Dr Ambrose Pickering (Cardiology)",
    "Dr Yasmin Haddad (Orthopaedics)",
    "Ms Corinne Blythe (Psychology)",
    "Lake Tarrawonga Base Hospital",
    "Dr Ewan MacGillivray (Gastroenterology)",
    "Quandong Diagnostic Imaging",
];

const SUBJECTS: [&str; 6] = [
    "Report of consultation",
    "Discharge summary",
    "Letter to referring doctor",
    "Outpatient review",
    "Consent form",
    "Insurance request",
];

const CATEGORIES: [&str; 5] = ["Letter", "Specialist report", "Discharge summary", "Imaging", ""];

pub(super) fn file(seeding: &Seeding<'_>, people: &[Person]) -> rusqlite::Result<()> {
    let mut dice = seeding.dice(Part::Papers);
    let mut cabinet = Cabinet::open(seeding)?;
    for person in people.iter().filter(|person| person.id > patient::EMPTY) {
        if person.id == patient::MANY_DOCUMENTS {
            for number in 0..seeding.plan.letters {
                cabinet.one_of_many(person, number)?;
            }
        }
        for _ in 0..dice.within(0..=2) {
            cabinet.incoming(person, &mut dice)?;
        }
        if dice.percent(50) {
            cabinet.outgoing(person, &mut dice)?;
        }
        if dice.percent(10) {
            cabinet.plan_of_care(person, &mut dice)?;
        }
        if dice.percent(8) {
            cabinet.image(person, &mut dice)?;
        }
    }
    Ok(())
}

/// The columns of CORRESPONDENCEIN that are filled for everyone.
pub(super) const INCOMING: &str = "STORED INTERNALID USERID CORRESPONDENCEDATE CONTACTNAME CATEGORY SUBJECT DETAIL \
    CONFIDENTIALFLAG USERREFERENCE CHECKDATE CHECKEDBY COMMENT CLINICALIMAGE LOCATIONID CREATED";

/// The columns of CORRESPONDENCEOUT that are filled for everyone.
pub(super) const OUTGOING: &str = "STORED INTERNALID USERID SENDERNAME CORRESPONDENCEDATE STATUSCODE CONTACTNAME \
    SUBJECT COMMENT CATEGORY CONFIDENTIALFLAG USERREFERENCE LOCATIONID CREATED";

/// The columns of EPCREPORTS that are filled for everyone.
pub(super) const REPORTS: &str =
    "INTERNALID USERID STORED REPORTDATE REPORTTYPE REPORTSTATUS CREATED";

struct Cabinet<'c> {
    store: Store<'c>,
    incoming: Table<'c>,
    outgoing: Table<'c>,
    reports: Table<'c>,
}

impl<'c> Cabinet<'c> {
    fn open(seeding: &Seeding<'c>) -> rusqlite::Result<Self> {
        Ok(Self {
            store: Store::open(seeding)?,
            incoming: seeding.table("CORRESPONDENCEIN", INCOMING)?,
            outgoing: seeding.table("CORRESPONDENCEOUT", OUTGOING)?,
            reports: seeding.table("EPCREPORTS", REPORTS)?,
        })
    }

    fn one_of_many(&mut self, person: &Person, number: i64) -> rusqlite::Result<()> {
        let date = midnight(day(-number / 4));
        let subject = format!("Progress note {number:05}");
        let contact = SPECIALISTS[(number % 6) as usize];
        let record = self.incoming.add(params![
            CURRENT,
            person.id,
            person.doctor,
            date,
            contact,
            CATEGORIES[(number % 5) as usize],
            subject,
            None::<&str>,
            i64::from(number % 97 == 0),
            None::<&str>,
            date,
            person.doctor,
            None::<&str>,
            0,
            1,
            date
        ])?;
        let at = Address { store: CURRENT, kind: Kind::CorrespondenceIn, record, page: 1 };
        self.store.insert(at, FileType::Text, 160, &subject)
    }

    fn incoming(&mut self, person: &Person, dice: &mut Dice) -> rusqlite::Result<()> {
        let ago = dice.within(2..=2_500);
        let store = if ago > 1_000 { OLDER } else { CURRENT };
        let checked = !dice.percent(5);
        let subject = *dice.pick(&SUBJECTS);
        // Some rows have no file.
        let stored = if dice.percent(95) { store } else { 0 };
        let record = self.incoming.add(params![
            stored,
            person.id,
            person.doctor,
            midnight(day(-ago)),
            dice.pick(&SPECIALISTS),
            dice.pick(&CATEGORIES),
            subject,
            dice.percent(15).then_some("Received by secure message"),
            i64::from(dice.percent(2)),
            dice.percent(30).then(|| format!("REF{}", dice.digits(7))),
            checked.then(|| midnight(day(1 - ago))),
            if checked { person.doctor.max(1) } else { 0 },
            dice.percent(20).then(String::new),
            0,
            1,
            midnight(day(-ago)),
        ])?;
        if stored == 0 {
            return Ok(());
        }
        let kind = *dice.pick(&[FileType::Rtf, FileType::Text, FileType::Html, FileType::Pdf]);
        let at = Address { store, kind: Kind::CorrespondenceIn, record, page: 1 };
        self.store.insert(at, kind, 1_500, subject)
    }

    fn outgoing(&mut self, person: &Person, dice: &mut Dice) -> rusqlite::Result<()> {
        let ago = dice.within(2..=1_000);
        let contact = *dice.pick(&SPECIALISTS);
        let record = self.outgoing.add(params![
            CURRENT,
            person.id,
            person.doctor,
            None::<&str>,
            midnight(day(-ago)),
            if dice.percent(5) { 2 } else { 1 },
            contact,
            "Referral letter",
            None::<&str>,
            "Referral",
            i64::from(dice.percent(2)),
            None::<&str>,
            1,
            midnight(day(-ago)),
        ])?;
        let at = Address { store: CURRENT, kind: Kind::CorrespondenceOut, record, page: 1 };
        self.store.insert(at, FileType::Rtf, 1_200, "Referral letter")
    }

    fn plan_of_care(&mut self, person: &Person, dice: &mut Dice) -> rusqlite::Result<()> {
        let date = midnight(day(-dice.within(2..=700)));
        let record = self.reports.add(params![
            person.id,
            person.doctor,
            CURRENT,
            date,
            dice.within(1..=4),
            i64::from(dice.percent(80)),
            date
        ])?;
        let at = Address { store: CURRENT, kind: Kind::EpcReport, record, page: 1 };
        self.store.insert(at, FileType::Rtf, 2_000, "Care plan")
    }

    fn image(&mut self, person: &Person, dice: &mut Dice) -> rusqlite::Result<()> {
        let date = midnight(day(-dice.within(2..=700)));
        let nothing = None::<&str>;
        let record = self.incoming.add(params![
            CURRENT,
            person.id,
            person.doctor,
            date,
            nothing,
            "Clinical photo",
            "Skin lesion, left forearm",
            nothing,
            0,
            nothing,
            date,
            person.doctor.max(1),
            nothing,
            1,
            1,
            date,
        ])?;
        let at = Address { store: CURRENT, kind: Kind::CorrespondenceIn, record, page: 1 };
        self.store.insert(at, FileType::Jpeg, 2_048, "")
    }
}
