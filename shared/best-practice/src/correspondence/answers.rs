//! What Bp's answers say of letters and messages.

use std::collections::{HashMap, HashSet};

use domain::delivery::{AddressedTo, Check, WhyFallback};
use domain::ids::{BpUserId, PatientId};
use halo::Row;

use crate::error::{BpError, malformed};
use crate::rows::Unmappable;
use crate::statements::Statement;

/// The error number of our write statements while another attempt writes the same letter (`THROW` in
/// `correspondence_out_write.sql` and `inbox_write.sql`).
pub const BEING_WRITTEN: i64 = 50_002;

/// How a write ended. Only [`Written::There`] means that Bp has the letter or message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Written {
    /// Bp has it, written now or before.
    There(Found),
    /// Bp has no such patient.
    NoPatient,
    /// The number belongs to another patient than the one who was chosen.
    PatientChanged,
    /// The patient has died, and the sender did not acknowledge it.
    PatientDeceased,
    /// They are no longer a patient, and the sender did not acknowledge it.
    PatientInactive,
    /// No active user of Bp is the addressee.
    NoAddressee,
    /// Several active users are.
    ManyAddressees,
}

/// A letter or message in Bp.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Found {
    /// Bp's number of it, where it is now.
    pub record: i64,
    /// Whether it is filed under a patient.
    pub allocated: bool,
    /// The user whose inbox holds a message. A replaced statement may not return it.
    pub addressed: Option<AddressedTo>,
}

/// What happened to a message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Fate {
    /// A doctor has checked it.
    Checked {
        /// Bp's number of it: in Correspondence In if it is there, else in the inbox.
        record: i64,
        /// What the doctor decided.
        check: Check,
        /// Whose record it is filed under. A replaced statement may not return it.
        patient: Option<PatientId>,
    },
    /// It waits in this user's inbox.
    Unchecked {
        owner: BpUserId,
        /// Whose record it is filed under, if it is filed.
        patient: Option<PatientId>,
    },
    /// It is neither in an inbox nor in Correspondence In.
    Missing,
}

/// Reads the answer to [`crate::StatementPack::write_referral`] or [`crate::StatementPack::write_summary`].
///
/// # Errors
/// When the rows differ from what the statement's header promises.
pub fn referral_written(rows: &[Row]) -> Result<Written, BpError> {
    let found = |row: &Row| Ok(Found { record: record_id(row)?, allocated: true, addressed: None });
    malformed(Statement::CorrespondenceOutWrite, written(rows, found))
}

/// Reads the answer to [`crate::StatementPack::write_message`].
///
/// # Errors
/// When the rows differ from what the statement's header promises.
pub fn message_written(rows: &[Row]) -> Result<Written, BpError> {
    malformed(Statement::InboxWrite, written(rows, found))
}

/// Reads the answer to [`crate::StatementPack::delivery_lookup`]: the last place that a message has reached.
///
/// # Errors
/// When the rows differ from what the statement's header promises.
pub fn delivery_found(rows: &[Row]) -> Result<Option<Found>, BpError> {
    malformed(Statement::DeliveryLookup, last_place(rows))
}

/// The last place that can be read, with the addressee from the inbox if that place does not name one.
///
/// Each row says that it is in Bp. If no row can be read, it is not known where, and it never counts as absent.
fn last_place(rows: &[Row]) -> Result<Option<Found>, Unmappable> {
    let place = |row: &Row| -> Result<Found, Unmappable> {
        let (record, allocated) = (record_id(row)?, row.int("Allocated")? > 0);
        Ok(Found { record, allocated, addressed: addressed(row).unwrap_or_default() })
    };
    let places: Vec<_> = rows.iter().map(place).collect();
    let addressed = places.iter().flatten().find_map(|place| place.addressed);
    match places.iter().flatten().next_back() {
        Some(last) => Ok(Some(Found { addressed, ..*last })),
        None => places.into_iter().next_back().transpose(),
    }
}

fn found(row: &Row) -> Result<Found, Unmappable> {
    let (record, allocated) = (record_id(row)?, row.int("Allocated")? > 0);
    Ok(Found { record, allocated, addressed: addressed(row)? })
}

fn addressed(row: &Row) -> Result<Option<AddressedTo>, Unmappable> {
    if row.value("UserId").is_err() {
        return Ok(None);
    }
    let Ok(user_id) = BpUserId::parse(row.int("UserId")?) else { return Ok(None) };
    let why = |word: String| WhyFallback::from_bp(&word).ok_or(Unmappable::OutOfRange("Fallback"));
    let fallback = row.text("Fallback")?.map(why).transpose()?;
    Ok(Some(AddressedTo { user_id, fallback }))
}

fn written(
    rows: &[Row],
    found: impl Fn(&Row) -> Result<Found, Unmappable>,
) -> Result<Written, Unmappable> {
    let [row] = rows else { return Err(Unmappable::OutOfRange("Outcome")) };
    Ok(match row.text("Outcome")?.as_deref() {
        Some("written" | "found") => Written::There(found(row)?),
        Some("noPatient") => Written::NoPatient,
        Some("patientChanged") => Written::PatientChanged,
        Some("patientDeceased") => Written::PatientDeceased,
        Some("patientInactive") => Written::PatientInactive,
        Some("noAddressee") => Written::NoAddressee,
        Some("manyAddressees") => Written::ManyAddressees,
        _ => return Err(Unmappable::OutOfRange("Outcome")),
    })
}

fn record_id(row: &Row) -> Result<i64, Unmappable> {
    let record = row.int("RecordId")?;
    if record > 0 { Ok(record) } else { Err(Unmappable::OutOfRange("RecordId")) }
}

/// The rows of one message are in the order of its places. Its last checked row decides; without one, its
/// last unchecked row. A message with a row that cannot be read has no fate, unless another row says that it
/// was checked: it is asked about again.
pub(super) fn fates(asked: &[&str], rows: &[Row]) -> HashMap<String, Fate> {
    let mut found = HashMap::new();
    let (mut is_complete, mut whose_is_known) = (false, true);
    let mut unknown = HashSet::new();
    for row in rows {
        let token = match row.text("Token") {
            Ok(token) => token.unwrap_or_default(),
            Err(problem) => {
                tracing::warn!(%problem, "a row does not say which message it is about");
                whose_is_known = false;
                continue;
            }
        };
        if token.is_empty() {
            is_complete = true;
            continue;
        }
        match fate(row) {
            Ok(Some(Fate::Unchecked { .. })) if !is_complete => {}
            Ok(Some(fate)) => {
                let known = found.get(&token);
                if !(matches!(known, Some(Fate::Checked { .. }))
                    && matches!(fate, Fate::Unchecked { .. }))
                {
                    found.insert(token, fate);
                }
            }
            Ok(None) => {}
            Err(problem) => {
                tracing::warn!(%problem, "what happened to a message cannot be read");
                unknown.insert(token);
            }
        }
    }
    found.retain(|token, fate| matches!(fate, Fate::Checked { .. }) || !unknown.contains(token));
    // A replaced statement may list the checked messages only.
    if is_complete && whose_is_known {
        for token in asked.iter().filter(|token| !unknown.contains(**token)) {
            found.entry((*token).to_owned()).or_insert(Fate::Missing);
        }
    }
    found
}

/// What one row says. `None` if the message was deleted there.
fn fate(row: &Row) -> Result<Option<Fate>, Unmappable> {
    // It only spares Bp a search, so nothing is lost if it cannot be read.
    let patient = row.int("PatientId").ok().and_then(|patient| PatientId::parse(patient).ok());
    let checked_by = row.int("CheckedBy")?;
    if checked_by > 0 {
        let by = BpUserId::parse(checked_by).map_err(|_| Unmappable::OutOfRange("CheckedBy"))?;
        let (on, notation) = (row.date("CheckedOn")?, row.int("Notation")?);
        let check = Check::of(by, on, notation, row.int("Action")?);
        return Ok(Some(Fate::Checked { record: record_id(row)?, check, patient }));
    }
    if row.int("Live")? == 0 {
        return Ok(None);
    }
    let owner =
        BpUserId::parse(row.int("UserId")?).map_err(|_| Unmappable::OutOfRange("UserId"))?;
    Ok(Some(Fate::Unchecked { owner, patient }))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::rows::rows_of;

    fn line(token: &str, place: i64, checked_by: i64) -> Value {
        json!({ "Token": token, "Place": place, "RecordId": 7, "PatientId": 4, "UserId": 3, "Live": 1,
            "CheckedBy": checked_by, "CheckedOn": "2026-05-06", "Notation": 2, "Action": 7 })
    }

    fn odd(column: &str, value: Value, checked_by: i64) -> Value {
        let mut odd = line("A", 2, checked_by);
        odd[column] = value;
        odd
    }

    fn read(lines: Vec<Value>) -> HashMap<String, Fate> {
        let mut all = vec![line("", 0, 0)];
        all.extend(lines);
        fates(&["A", "B", "C"], &rows_of(Value::Array(all)))
    }

    #[test]
    fn a_message_whose_row_cannot_be_read_has_no_fate_and_the_others_have_theirs() {
        let unchecked = Fate::Unchecked { owner: BpUserId(3), patient: Some(PatientId(4)) };
        for odd in [
            odd("CheckedBy", json!(null), 0),
            odd("CheckedBy", json!("x"), 0),
            odd("CheckedBy", json!(2_147_483_648_i64), 0),
            odd("Live", json!(null), 0),
            odd("UserId", json!(0), 0),
            odd("UserId", json!({}), 0),
            odd("RecordId", json!(null), 3),
            odd("CheckedOn", json!("2026-02-30"), 3),
            odd("Notation", json!("x"), 3),
            odd("Action", json!(null), 3),
        ] {
            let found = read(vec![odd.clone(), line("B", 2, 0)]);
            assert_eq!(found.get("A"), None, "{odd}");
            assert_eq!(found.get("B"), Some(&unchecked), "{odd}");
            assert_eq!(found.get("C"), Some(&Fate::Missing), "{odd}");
            // Another row says that it was checked.
            let found = read(vec![odd.clone(), line("A", 3, 3)]);
            assert!(matches!(found.get("A"), Some(Fate::Checked { .. })), "{odd}");
            let found = read(vec![line("A", 2, 0), odd.clone()]);
            assert_eq!(found.get("A"), None, "{odd}");
        }
    }

    #[test]
    fn while_it_is_not_known_whose_row_it_is_no_message_counts_as_missing() {
        let found = read(vec![odd("Token", json!({}), 0), line("B", 2, 0)]);
        assert_eq!(found.len(), 1);
        assert!(found.contains_key("B"));
    }

    #[test]
    fn a_patient_that_cannot_be_read_costs_nothing_else() {
        for bad in [json!(null), json!(0), json!("x"), json!({})] {
            let found = read(vec![odd("PatientId", bad, 0)]);
            assert_eq!(found["A"], Fate::Unchecked { owner: BpUserId(3), patient: None });
        }
    }

    #[test]
    fn a_delivery_in_a_place_that_cannot_be_read_is_never_absent() {
        let place = |record: Value| json!({ "Place": 2, "RecordId": record, "Allocated": 1, "UserId": 3, "Fallback": "" });
        for bad in [json!(null), json!(0), json!("x"), json!({})] {
            assert!(delivery_found(&rows_of(json!([place(bad.clone())]))).is_err(), "{bad}");
            let found = delivery_found(&rows_of(json!([place(json!(7)), place(bad.clone())])));
            assert_eq!(found.unwrap().unwrap().record, 7, "{bad}");
        }
        assert_eq!(delivery_found(&[]), Ok(None));
        for (column, bad) in [("UserId", json!(null)), ("Fallback", json!("because"))] {
            let mut odd = place(json!(7));
            odd[column] = bad;
            let found = delivery_found(&rows_of(json!([odd]))).unwrap().unwrap();
            assert_eq!((found.record, found.addressed), (7, None), "{column}");
        }
    }
}
