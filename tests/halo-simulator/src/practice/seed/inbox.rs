//! Incoming reports: checked, unchecked, and waiting for allocation.

use rusqlite::params;

use super::super::cast::{Sex, patient};
use super::dice::Dice;
use super::staff::Staff;
use super::table::Table;
use super::{Part, Person, Seeding, day, midnight};

/// `STOREIN` (assumed): where a report is filed when it is checked.
const INVESTIGATIONS: i64 = 1;
const CORRESPONDENCE: i64 = 2;

pub(super) fn receive(
    seeding: &Seeding<'_>,
    people: &[Person],
    staff: &Staff,
) -> rusqlite::Result<()> {
    let mut dice = seeding.dice(Part::Inbox);
    let mut table = seeding.table(
        "INCOMINGREPORTS",
        "INTERNALID USERID PROVIDERNAME ADDRESSEDTO REQUESTDATE COLLECTIONDATE IMPORTDATE TESTNAME REPORTDATE \
         REPORTTIME REPORTHEADER REPORTBODY CHECKSTATUS CHECKDATE CHECKEDBY NOTATION ACTION STOREIN FIRSTNAME SURNAME \
         DOB SEX MEDICARENO USERREFERENCE CORRESPONDENCEDATE CONTACTNAME SUBJECT CATEGORY DETAIL COMPLETIONFLAG \
         LOCATIONID CREATED",
    )?;
    let first = staff.practitioners.first().map_or(1, |(id, _)| *id);
    for person in people {
        let letters: &[Report] = match person.id {
            patient::DEMONSTRATION => &[
                Report { allocated: true, addressed: true, letter: true, checked: false },
                Report { allocated: true, addressed: true, letter: false, checked: false },
                Report { allocated: true, addressed: true, letter: false, checked: true },
            ],
            // It is unclear which twin or namesake is meant: a person must decide.
            patient::TWIN | patient::NAMESAKE => {
                &[Report { allocated: false, addressed: true, letter: true, checked: false }]
            }
            id if id % 60 == 1 => {
                &[Report { allocated: true, addressed: true, letter: false, checked: false }]
            }
            id if id % 150 == 2 => {
                &[Report { allocated: false, addressed: false, letter: false, checked: false }]
            }
            id if id % 90 == 3 => {
                &[Report { allocated: true, addressed: true, letter: true, checked: true }]
            }
            _ => &[],
        };
        for report in letters {
            let doctor = if person.id == patient::DEMONSTRATION { first } else { person.doctor };
            report.arrive(person, doctor, &mut table, &mut dice)?;
        }
    }
    Ok(())
}

struct Report {
    /// Whether the patient was recognised.
    allocated: bool,
    /// Whether the addressee was recognised.
    addressed: bool,
    letter: bool,
    checked: bool,
}

impl Report {
    fn arrive(
        &self,
        person: &Person,
        doctor: i64,
        table: &mut Table<'_>,
        dice: &mut Dice,
    ) -> rusqlite::Result<()> {
        let ago = dice.within(0..=6);
        let date = midnight(day(-ago));
        let test = (!self.letter).then_some("Urine microscopy");
        let body = "Thank you for your referral.\r\nNo abnormality was found.\r\n";
        let sex = match person.sex {
            Sex::Female => "F",
            Sex::Male => "M",
            Sex::Other => "U",
        };
        // The names as the sender wrote them: in capitals, with the first name cut short.
        let first_name = person.first_name.trim().to_uppercase();
        table.add(params![
            if self.allocated { person.id } else { 0 },
            if self.addressed { doctor } else { 0 },
            "Wirrabeen Pathology",
            if self.addressed { Some("THE DOCTOR") } else { None },
            midnight(day(-ago - 4)),
            midnight(day(-ago - 1)),
            date,
            test,
            date,
            dice.within(28_800..=64_800),
            "Wirrabeen Pathology\r\n",
            body,
            i64::from(self.checked),
            self.checked.then(|| date.clone()),
            if self.checked { doctor } else { 0 },
            if self.checked { 1 } else { 0 },
            if self.checked { 1 } else { 0 },
            if self.letter { CORRESPONDENCE } else { INVESTIGATIONS },
            first_name,
            person.last_name.trim().to_uppercase(),
            person.born.map(midnight),
            sex,
            person.medicare.as_deref().map(|number| number.replace(' ', "")),
            self.letter.then(|| format!("IN{}", dice.digits(8))),
            self.letter.then(|| date.clone()),
            self.letter.then_some("Dr Yasmin Haddad (Orthopaedics)"),
            self.letter.then_some("Report of consultation"),
            self.letter.then_some("Specialist report"),
            None::<&str>,
            1,
            1,
            date,
        ])?;
        Ok(())
    }
}
