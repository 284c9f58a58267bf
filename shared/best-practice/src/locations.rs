//! A practice's locations and appointment types.

use domain::ids::{HaloGuid, LocationId};
use halo::{Deadline, Row};

use crate::client::BpClient;
use crate::error::BpError;
use crate::rows::{Unmappable, readable};
use crate::statements::Statement;

/// A location of a practice (`BPS_PracticeLocations`).
#[derive(Clone, Debug, PartialEq)]
pub struct Location {
    pub location_id: LocationId,
    pub name: Option<String>,
    /// Street lines, town and postcode, in one line.
    pub address: Option<String>,
    pub phone: Option<String>,
}

/// A type that a practice gives its appointments (`APPOINTMENTTYPES`).
#[derive(Clone, Debug, PartialEq)]
pub struct AppointmentType {
    pub code: i64,
    pub name: Option<String>,
    /// Whether it is for recalls, judged by its name. Integrations cannot cancel such an appointment.
    pub recall: bool,
}

/// The locations and types that a practice's bookings can have.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choices {
    /// By their number.
    pub locations: Vec<Location>,
    /// By their code. Empty if our login may not read them.
    pub appointment_types: Vec<AppointmentType>,
    /// How many locations could not be read. They are left out.
    pub unreadable_locations: usize,
    /// How many appointment types could not be read. They are left out.
    pub unreadable_types: usize,
}

impl BpClient {
    /// The practice's locations and appointment types.
    ///
    /// # Errors
    /// Every error that a query can have.
    pub async fn choices(&self, guid: HaloGuid, deadline: Deadline) -> Result<Choices, BpError> {
        let rows = self.read(guid, Statement::PracticeLocations, [], deadline).await?;
        Ok(choices(&rows))
    }
}

fn choices(rows: &[Row]) -> Choices {
    // A replaced statement may list only locations, without `Kind`.
    let (types, locations): (Vec<&Row>, Vec<&Row>) =
        rows.iter().partition(|row| row.int("Kind") == Ok(1));
    let statement = Statement::PracticeLocations;
    let (locations, unreadable_locations) =
        readable(statement, locations.into_iter().map(location));
    let (appointment_types, unreadable_types) =
        readable(statement, types.into_iter().map(appointment_type));
    Choices { locations, appointment_types, unreadable_locations, unreadable_types }
}

fn location(row: &Row) -> Result<Location, Unmappable> {
    let text = |column| row.text(column).unwrap_or_default();
    let town = joined(&[text("City"), text("PostCode")], " ");
    Ok(Location {
        location_id: LocationId::parse(row.int("LocationID")?)
            .map_err(|_| Unmappable::OutOfRange("LocationID"))?,
        name: text("LocationName"),
        address: joined(&[text("Address1"), text("Address2"), town], ", "),
        phone: text("Phone"),
    })
}

fn appointment_type(row: &Row) -> Result<AppointmentType, Unmappable> {
    Ok(AppointmentType {
        code: row.int("TypeCode")?,
        name: row.text("TypeName").unwrap_or_default(),
        // If it is not known, no visit gets this type: nobody could cancel it.
        recall: row.int("Recall") != Ok(0),
    })
}

fn joined(parts: &[Option<String>], separator: &str) -> Option<String> {
    let parts: Vec<&str> = parts.iter().flatten().map(String::as_str).collect();
    (!parts.is_empty()).then(|| parts.join(separator))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rows::rows_of;

    #[test]
    fn a_location_or_type_that_cannot_be_read_costs_only_itself() {
        let location = |id: serde_json::Value, name: serde_json::Value| {
            json!({ "Kind": 0, "LocationID": id, "LocationName": name, "Address1": "1 High St",
                "Address2": null, "City": "Brisbane", "PostCode": 4000, "Phone": null })
        };
        let kind = |code: serde_json::Value, recall: serde_json::Value| json!({ "Kind": 1, "TypeCode": code, "TypeName": "Rep visit", "Recall": recall });
        let found = choices(&rows_of(json!([
            location(json!(null), json!("Odd")),
            location(json!(0), json!("Odd")),
            location(json!(2), json!({})),
            location(json!(3), json!("Main")),
            kind(json!(null), json!(0)),
            kind(json!(5), json!(null)),
            kind(json!(6), json!(0)),
        ])));
        let names: Vec<_> =
            found.locations.iter().map(|one| (one.location_id.0, one.name.as_deref())).collect();
        assert_eq!(names, [(2, None), (3, Some("Main"))]);
        assert_eq!(found.locations[0].address.as_deref(), Some("1 High St, Brisbane 4000"));
        let types: Vec<_> =
            found.appointment_types.iter().map(|one| (one.code, one.recall)).collect();
        assert_eq!(types, [(5, true), (6, false)], "a type that may be for recalls is not offered");
        assert_eq!((found.unreadable_locations, found.unreadable_types), (2, 1));
    }
}
