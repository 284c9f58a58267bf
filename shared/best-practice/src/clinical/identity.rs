//! The patient to whom the record belongs.

use domain::clinical::{Identity, MedicareNumber};
use domain::ids::PatientId;
use domain::patient::{Address, Dva, PatientStatus, Phones};
use domain::problem::ProblemType;
use halo::Row;
use jiff::civil::Date;

use super::cells::Cells;
use super::object::Line;
use super::reader::Reader;
use super::source::{DEATH, IDENTITY};
use crate::rows::day_of_death;

/// The patient's identity, or why it cannot be read. An unreadable cell is left out; an answer without an
/// identity is malformed.
pub(super) fn identity(row: &Row, patient_id: PatientId) -> Result<Identity, ProblemType> {
    let date_of_death = date_of_death(row);
    let rows = Reader::new(row).rows(IDENTITY).map_err(|unreadable| unreadable.reason)?;
    let Some(Line(Some(row))) = rows.first() else { return Err(ProblemType::MalformedAnswer) };
    let cells = &mut Cells::new(row);
    let line = cells.text("medicareLine");
    Ok(Identity {
        patient_id,
        status: PatientStatus::from_bp(&cells.text("status").unwrap_or_default()),
        title: cells.text("title"),
        first_name: cells.text("firstName"),
        middle_name: cells.text("middleName"),
        last_name: cells.text("lastName"),
        preferred_name: cells.text("preferredName"),
        date_of_birth: cells.date("born"),
        sex: cells.text("sex"),
        gender: cells.text("gender"),
        address: Address {
            line1: cells.text("line1"),
            line2: cells.text("line2"),
            suburb: cells.text("suburb"),
            postcode: cells.text("postcode"),
        },
        phones: Phones {
            home: cells.text("homePhone"),
            work: cells.text("workPhone"),
            mobile: cells.text("mobilePhone"),
        },
        medicare: cells.text("medicareNumber").map(|card| MedicareNumber { card, line }),
        dva: cells.text("dva").map(|number| Dva { number }),
        medicare_expiry: cells.text("medicareExpiry"),
        ihi: cells.text("ihi"),
        record_number: cells.text("recordNumber"),
        email: cells.text("email"),
        ethnicity: cells.text("ethnicity"),
        usual_doctor: cells.text("usualDoctor"),
        date_of_death,
    })
}

/// The date of death, if our login may read it. A replaced statement may be older than this source.
fn date_of_death(row: &Row) -> Option<Date> {
    let found = Reader::new(row).cells(DEATH, |cells| cells.date("diedOn"));
    found.unwrap_or_default().into_iter().flatten().find_map(day_of_death)
}
