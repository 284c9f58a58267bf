use domain::clinical::{Identity, MedicareNumber, Reason};
use domain::ids::PatientId;
use domain::patient::{Address, Dva, PatientStatus, Phones};
use halo::Row;

use super::rows::IdentityRow;
use super::{IDENTITY, Reader};
use crate::mapping::Unmappable;

/// Whose record it is, or why Bp does not say.
pub(super) fn identity(
    rows: &[Row],
    patient_id: PatientId,
) -> Result<Result<Identity, Reason>, Unmappable> {
    let row = rows.first().ok_or(Unmappable::NotRead(IDENTITY.column))?;
    let mut reader = Reader::new(row);
    let found: Vec<IdentityRow> = reader.list(IDENTITY)?;
    if let Some(unreadable) = reader.unreadable.first() {
        return Ok(Err(unreadable.reason));
    }
    let row = found.into_iter().next().ok_or(Unmappable::NotRead(IDENTITY.column))?;
    let line = row.medicare_line.0;
    Ok(Ok(Identity {
        patient_id,
        status: PatientStatus::from_bp(&row.status.0.unwrap_or_default()),
        title: row.title.0,
        first_name: row.first_name.0,
        middle_name: row.middle_name.0,
        last_name: row.last_name.0,
        preferred_name: row.preferred_name.0,
        date_of_birth: row.born,
        sex: row.sex.0,
        gender: row.gender.0,
        address: Address {
            line1: row.line1.0,
            line2: row.line2.0,
            suburb: row.suburb.0,
            postcode: row.postcode.0,
        },
        phones: Phones {
            home: row.home_phone.0,
            work: row.work_phone.0,
            mobile: row.mobile_phone.0,
        },
        medicare: row.medicare_number.0.map(|card| MedicareNumber { card, line }),
        dva: row.dva.0.map(|number| Dva { number }),
        ihi: row.ihi.0,
    }))
}
