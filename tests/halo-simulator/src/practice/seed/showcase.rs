//! The demonstration patient's documents: every folder, every type, sizes from 1 KB to 60 MB, and documents
//! that cause problems.

use rusqlite::params;

use super::super::cast::patient;
use super::bytes::{File, FileType};
use super::papers::{INCOMING, OUTGOING, REPORTS, SPECIALISTS};
use super::staff::Staff;
use super::store::{Address, CURRENT, Kind, OLDER, Store};
use super::{Person, Seeding, day, midnight};

use FileType::{Hl7, Html, Jpeg, Pdf, Png, Rtf, Text, Tiff};

const KB: usize = 1 << 10;
const MB: usize = 1 << 20;

/// A document received: subject, category, file, confidential, clinical image, store.
struct Received {
    subject: &'static str,
    category: &'static str,
    /// The type and size of each page. Empty if the bytes are gone.
    pages: &'static [(FileType, usize)],
    confidential: bool,
    image: bool,
    store: i64,
}

const fn received(
    subject: &'static str,
    category: &'static str,
    pages: &'static [(FileType, usize)],
    store: i64,
) -> Received {
    Received { subject, category, pages, confidential: false, image: false, store }
}

#[rustfmt::skip]
const RECEIVED: [Received; 11] = [
    received("Cardiology review", "Specialist report", &[(Pdf, 100 * KB)], CURRENT),
    received("Scan of the old paper record", "Other", &[(Tiff, 60 * MB)], OLDER),
    received("Letter from the physiotherapist", "Letter", &[(Rtf, 10 * KB)], CURRENT),
    received("Discharge summary", "Discharge summary", &[(Html, 10 * KB)], CURRENT),
    Received { confidential: true, ..received("Psychology report", "Specialist report", &[(Pdf, 10 * MB)], CURRENT) },
    received("Fax in three pages", "Letter", &[(Tiff, 100 * KB), (Tiff, 100 * KB), (Tiff, 10 * KB)], CURRENT),
    received("Scan whose file is gone", "Letter", &[], CURRENT),
    received("Note without a file", "Other", &[], 0),
    Received { image: true, ..received("Mole on the left shoulder", "Clinical photo", &[(Jpeg, MB)], CURRENT) },
    Received { image: true, ..received("Mole, close up", "Clinical photo", &[(Png, 100 * KB)], CURRENT) },
    Received { image: true, ..received("Wound after suture", "Clinical photo", &[(Jpeg, 10 * KB)], OLDER) },
];

/// A letter sent: subject, type, size, draft, confidential.
#[rustfmt::skip]
const SENT: [(&str, FileType, usize, bool, bool); 4] = [
    ("Referral to cardiology", Rtf, KB, false, false),
    ("Referral with attachments", Pdf, MB, false, false),
    ("Letter not finished yet", Rtf, 2 * KB, true, false),
    ("Report to the insurer", Pdf, 100 * KB, false, true),
];

/// A care plan: its type's code, the file's type, size, finalised.
const PLANS: [(i64, FileType, usize, bool); 2] = [(1, Rtf, 10 * KB, true), (3, Pdf, 5 * MB, false)];

/// A result: name, type, size, confidential, checked. A text is in the row, a file is in the store.
#[rustfmt::skip]
const RESULTS: [(&str, FileType, usize, bool, bool); 5] = [
    ("Full blood examination", Text, KB, false, true),
    ("Lipid studies", Hl7, 10 * KB, false, true),
    ("Coronary angiogram", Pdf, 20 * MB, false, true),
    ("HIV serology", Text, 2 * KB, true, true),
    ("Chest X-ray", Pdf, 100 * KB, false, false),
];

pub(super) fn file(
    seeding: &Seeding<'_>,
    people: &[Person],
    staff: &Staff,
) -> rusqlite::Result<()> {
    let Some(person) = people.iter().find(|person| person.id == patient::DEMONSTRATION) else {
        return Ok(());
    };
    let mut store = Store::open(seeding)?;
    receive(seeding, person, &mut store)?;
    send(seeding, person, &mut store)?;
    plan(seeding, person, &mut store)?;
    report(seeding, person, staff, &mut store)
}

fn receive(seeding: &Seeding<'_>, person: &Person, store: &mut Store<'_>) -> rusqlite::Result<()> {
    let mut rows = seeding.table("CORRESPONDENCEIN", INCOMING)?;
    let mut pages = seeding.table("DOCUMENTPAGES", "DOCUMENTID PAGENUMBER PAGESETTINGS")?;
    for (number, document) in (0_i64..).zip(&RECEIVED) {
        let date = midnight(day(-5 - number * 40));
        let record = rows.add(params![
            document.store,
            person.id,
            person.doctor,
            date,
            (!document.image).then(|| SPECIALISTS[number as usize % SPECIALISTS.len()]),
            document.category,
            document.subject,
            format!("Document {} of the demonstration", number + 1),
            i64::from(document.confidential),
            format!("DEMO{number:04}"),
            date,
            person.doctor,
            (number == 0).then_some("Discussed with the patient"),
            i64::from(document.image),
            1,
            date,
        ])?;
        for (page, (kind, size)) in (1_i64..).zip(document.pages) {
            let at = Address { store: document.store, kind: Kind::CorrespondenceIn, record, page };
            store.insert(at, *kind, (*size).min(seeding.plan.largest), document.subject)?;
            if document.pages.len() > 1 {
                pages.add(params![record, page, ""])?;
            }
        }
    }
    Ok(())
}

fn send(seeding: &Seeding<'_>, person: &Person, store: &mut Store<'_>) -> rusqlite::Result<()> {
    let mut rows = seeding.table("CORRESPONDENCEOUT", OUTGOING)?;
    for (number, (subject, kind, size, draft, confidential)) in (0_i64..).zip(SENT) {
        let date = midnight(day(-3 - number * 30));
        let record = rows.add(params![
            CURRENT,
            person.id,
            person.doctor,
            None::<&str>,
            date,
            if draft { 2 } else { 1 },
            SPECIALISTS[number as usize % SPECIALISTS.len()],
            subject,
            (number == 1).then_some("Sent by secure message"),
            "Referral",
            i64::from(confidential),
            None::<&str>,
            1,
            date,
        ])?;
        let at = Address { store: CURRENT, kind: Kind::CorrespondenceOut, record, page: 1 };
        store.insert(at, kind, size.min(seeding.plan.largest), subject)?;
    }
    Ok(())
}

fn plan(seeding: &Seeding<'_>, person: &Person, store: &mut Store<'_>) -> rusqlite::Result<()> {
    let mut rows = seeding.table("EPCREPORTS", REPORTS)?;
    for (number, (code, kind, size, finalised)) in (0_i64..).zip(PLANS) {
        let date = midnight(day(-20 - number * 60));
        let finalised = i64::from(finalised);
        let record =
            rows.add(params![person.id, person.doctor, CURRENT, date, code, finalised, date])?;
        let at = Address { store: CURRENT, kind: Kind::EpcReport, record, page: 1 };
        store.insert(at, kind, size.min(seeding.plan.largest), "Care plan")?;
    }
    Ok(())
}

fn report(
    seeding: &Seeding<'_>,
    person: &Person,
    staff: &Staff,
    store: &mut Store<'_>,
) -> rusqlite::Result<()> {
    let mut rows = seeding.table(
        "INVESTIGATIONS",
        "INTERNALID USERID PROVIDERNAME COLLECTIONDATE TESTNAME REPORTDATE REPORTTIME REPORTHEADER REPORTBODY \
         NORMALFLAG COMPLETIONFLAG CONFIDENTIALFLAG CHECKDATE CHECKEDBY NOTATION ACTION STORED LOCATIONID CREATED",
    )?;
    let checker = staff.practitioners.first().map_or(1, |(id, _)| *id);
    for (number, (name, kind, size, confidential, checked)) in (0_i64..).zip(RESULTS) {
        let date = midnight(day(-2 - number * 25));
        let in_row = kind == Text || kind == Hl7;
        let body = in_row.then(|| File::new(kind, size, name, 7).to_bytes());
        let record = rows.add(params![
            person.id,
            person.doctor,
            "Wirrabeen Pathology",
            midnight(day(-4 - number * 25)),
            name,
            date,
            34_200 + number * 600,
            in_row.then(|| format!("Wirrabeen Pathology\r\n{name}\r\n").into_bytes()),
            body,
            i64::from(number == 0),
            1,
            i64::from(confidential),
            checked.then(|| date.clone()),
            if checked { checker } else { 0 },
            if checked { 1 } else { 0 },
            if checked { 1 } else { 0 },
            if in_row { 0 } else { CURRENT },
            1,
            date,
        ])?;
        if !in_row {
            let at = Address { store: CURRENT, kind: Kind::Investigation, record, page: 1 };
            store.insert(at, kind, size.min(seeding.plan.largest), name)?;
        }
    }
    Ok(())
}
