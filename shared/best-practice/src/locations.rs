//! A practice's locations and appointment types.

use domain::ids::{HaloGuid, LocationId};
use halo::{Deadline, Row};

use crate::client::BpClient;
use crate::error::{BpError, malformed};
use crate::rows::Unmappable;
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
}

impl BpClient {
    /// The practice's locations and appointment types.
    ///
    /// # Errors
    /// Every error that a query can have.
    pub async fn choices(&self, guid: HaloGuid, deadline: Deadline) -> Result<Choices, BpError> {
        let rows = self.read(guid, Statement::PracticeLocations, [], deadline).await?;
        malformed(Statement::PracticeLocations, choices(&rows))
    }
}

fn choices(rows: &[Row]) -> Result<Choices, Unmappable> {
    let mut choices = Choices::default();
    for row in rows {
        // A replaced statement may list only locations, without `Kind`.
        match row.int("Kind") {
            Ok(1) => choices.appointment_types.push(AppointmentType {
                code: row.int("TypeCode")?,
                name: row.text("TypeName")?,
                recall: row.int("Recall")? != 0,
            }),
            _ => choices.locations.push(location(row)?),
        }
    }
    Ok(choices)
}

fn location(row: &Row) -> Result<Location, Unmappable> {
    let town = joined(&[row.text("City")?, row.text("PostCode")?], " ");
    Ok(Location {
        location_id: LocationId::parse(row.int("LocationID")?)
            .map_err(|_| Unmappable::OutOfRange("LocationID"))?,
        name: row.text("LocationName")?,
        address: joined(&[row.text("Address1")?, row.text("Address2")?, town], ", "),
        phone: row.text("Phone")?,
    })
}

fn joined(parts: &[Option<String>], separator: &str) -> Option<String> {
    let parts: Vec<&str> = parts.iter().flatten().map(String::as_str).collect();
    (!parts.is_empty()).then(|| parts.join(separator))
}
