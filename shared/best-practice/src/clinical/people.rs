//! The users whom a record names, and the practice. Whatever cannot be read is left out: a document without it is
//! complete.

use domain::clinical::{PracticeDetails, PracticeLocation, Practitioner};
use domain::patient::Address;
use halo::Row;

use super::cells::Cells;
use super::reader::Reader;
use super::source::{LOCATIONS, PRACTICE, PRACTITIONERS, USUAL_DOCTOR};

/// The users, without those whose name in the record belongs to another user of the record too.
pub(super) fn practitioners(row: &Row) -> Vec<Practitioner> {
    let reader = Reader::new(row);
    let mut found: Vec<Practitioner> = [PRACTITIONERS, USUAL_DOCTOR]
        .into_iter()
        .flat_map(|source| reader.cells(source, practitioner).unwrap_or_default())
        .flatten()
        .collect();
    let all = found.clone();
    found.retain(|one| {
        !all.iter().any(|other| other.named == one.named && other.user_id != one.user_id)
    });
    found.sort_by(|one, other| (&one.named, one.user_id).cmp(&(&other.named, other.user_id)));
    found.dedup_by(|one, other| one.named == other.named);
    found
}

fn practitioner(cells: &mut Cells<'_>) -> Option<Practitioner> {
    Some(Practitioner {
        named: cells.text("named")?,
        user_id: cells.number("id")?,
        first_name: cells.text("firstName"),
        last_name: cells.text("lastName"),
        registration: cells.text("registration"),
        hpii: cells.text("hpii"),
        provider_number: cells.text("providerNumber"),
    })
}

/// The practice. If Bp has several practices or locations, it is not known which of them is meant.
pub(super) fn practice(row: &Row) -> PracticeDetails {
    let reader = Reader::new(row);
    let numbers = reader.cells(PRACTICE, |cells| (cells.text("hpio"), cells.text("abn")));
    let (hpio, abn) = numbers.ok().and_then(only).unwrap_or_default();
    let location = reader.cells(LOCATIONS, location).ok().and_then(only);
    PracticeDetails { hpio, abn, location }
}

fn location(cells: &mut Cells<'_>) -> PracticeLocation {
    PracticeLocation {
        address: Address {
            line1: cells.text("line1"),
            line2: cells.text("line2"),
            suburb: cells.text("suburb"),
            postcode: cells.text("postcode"),
        },
        phone: cells.text("phone"),
        fax: cells.text("fax"),
        email: cells.text("email"),
    }
}

/// The only one of them.
fn only<T>(found: Vec<T>) -> Option<T> {
    let mut found = found.into_iter();
    found.next().filter(|_| found.next().is_none())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::decoded;
    use super::*;

    fn row(changes: Value) -> Row {
        let mut row = json!({ "PatientId": 1 });
        for source in [PRACTITIONERS, USUAL_DOCTOR, PRACTICE, LOCATIONS] {
            row[source.column] = Value::Null;
            row[source.error] = json!(0);
        }
        for (column, value) in changes.as_object().unwrap() {
            let text = |value: &Value| json!(value.to_string());
            row[column] = if value.is_array() { text(value) } else { value.clone() };
        }
        decoded(&row).remove(0)
    }

    fn named(row: &Row) -> Vec<(String, i64)> {
        practitioners(row).into_iter().map(|one| (one.named, one.user_id)).collect()
    }

    #[test]
    fn a_user_is_known_once_by_the_name_in_the_record() {
        let quill =
            json!({ "named": "Dr Ada Quill", "id": 5, "lastName": "Quill", "hpii": "8003" });
        let row = row(json!({ "Practitioners": [quill], "UsualDoctor": [quill] }));
        assert_eq!(named(&row), [("Dr Ada Quill".to_owned(), 5)]);
        let quill = practitioners(&row).remove(0);
        assert_eq!((quill.hpii.as_deref(), quill.registration), (Some("8003"), None));
    }

    #[test]
    fn a_name_that_two_users_share_is_nobody() {
        let user = |id| json!({ "named": "Dr Ada Quill", "id": id });
        assert!(named(&row(json!({ "Practitioners": [user(5), user(6)] }))).is_empty());
        let apart = row(json!({ "Practitioners": [user(5)], "UsualDoctor": [user(6)] }));
        assert!(named(&apart).is_empty());
    }

    #[test]
    fn what_may_not_be_read_of_people_and_practice_is_left_out() {
        let quill = json!([{ "named": "Dr Ada Quill", "id": 5 }]);
        for lost in [json!({ "PractitionersError": 229 }), json!({ "Practitioners": [7] })] {
            let mut changes = lost;
            changes["UsualDoctor"] = quill.clone();
            assert_eq!(named(&row(changes)).len(), 1);
        }
        let denied = row(json!({ "PracticeError": 229, "LocationsError": 208 }));
        assert_eq!(practice(&denied), PracticeDetails::default());
        // A replaced statement may be older than these columns.
        let older = decoded(&json!({ "PatientId": 1 })).remove(0);
        assert_eq!(practice(&older), PracticeDetails::default());
        assert!(practitioners(&older).is_empty());
    }

    #[test]
    fn numbers_and_an_address_are_those_of_the_only_practice_and_location() {
        let one = row(json!({
            "Practice": [{ "hpio": "8003", "abn": "51" }],
            "Locations": [{ "line1": "1 Nowhere Street", "phone": "07 5550 0101" }],
        }));
        let known = practice(&one);
        assert_eq!((known.hpio.as_deref(), known.abn.as_deref()), (Some("8003"), Some("51")));
        let place = known.location.unwrap();
        assert_eq!(place.address.line1.as_deref(), Some("1 Nowhere Street"));
        let several =
            row(json!({ "Practice": [{ "hpio": "1" }, { "hpio": "2" }], "Locations": [{}, {}] }));
        assert_eq!(practice(&several), PracticeDetails::default());
    }
}
