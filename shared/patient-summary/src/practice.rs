//! The practice and the software of a document.

use crate::Origin;
use crate::fhir::{
    CodeableConcept, Device, DeviceName, DeviceNameType, DeviceVersion, Identifier, Meta,
    Organization, Resource, Text,
};
use crate::terminology::SITE_ID;

const PROFILE: &str = "http://hl7.org.au/fhir/ps/StructureDefinition/au-ps-organization|1.0.0";

/// The practice's name, or words that stand for it.
pub(crate) fn name(known: Option<&str>) -> Text {
    Text::or(known, "A practice that uses Best Practice")
}

pub(crate) fn practice(origin: &Origin<'_>) -> Resource {
    let site = Text::new(origin.site_id.as_str());
    Resource::Organization(Organization {
        meta: Meta::claims([PROFILE]),
        identifier: site
            .map(|value| {
                let kind = CodeableConcept::text(Text::ours("Best Practice Site ID"));
                Identifier::new(Some(kind), SITE_ID.to_owned(), value)
            })
            .into_iter()
            .collect(),
        name: name(origin.practice_name),
        telecom: Vec::new(),
        address: Vec::new(),
    })
}

pub(crate) fn software() -> Resource {
    Resource::Device(Device {
        device_name: vec![DeviceName {
            name: "Practice Bridge",
            r#type: DeviceNameType::ManufacturerName,
        }],
        version: vec![DeviceVersion { value: Text::ours(env!("CARGO_PKG_VERSION")) }],
    })
}
