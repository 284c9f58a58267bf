//! The practice and the software of a document.

use domain::clinical::PracticeDetails;
use domain::numbers;

use crate::Origin;
use crate::contact::{address, reached};
use crate::fhir::{
    AddressUse, CodeableConcept, Coding, ContactSystem, ContactUse, Device, DeviceName,
    DeviceNameType, DeviceVersion, Identifier, Meta, Organization, Resource, Text,
};
use crate::people::identifier;
use crate::terminology::{ABN, HPIO, IDENTIFIER_TYPE_AU, SITE_ID};

const PROFILE: &str = "http://hl7.org.au/fhir/ps/StructureDefinition/au-ps-organization|1.0.0";

/// The practice's name, or words that stand for it.
pub(crate) fn name(known: Option<&str>) -> Text {
    Text::or(known, "A practice that uses Best Practice")
}

pub(crate) fn practice(origin: &Origin<'_>, known: &PracticeDetails) -> Resource {
    let site = Text::new(origin.site_id.as_str()).map(|value| {
        let kind = CodeableConcept::text(Text::ours("Best Practice Site ID"));
        Identifier::new(Some(kind), SITE_ID.to_owned(), value)
    });
    let hpio = identifier(
        Coding::new(IDENTIFIER_TYPE_AU, "NOI").displayed("National Organisation Identifier"),
        "Healthcare Provider Identifier - Organisation",
        HPIO,
        known.hpio.as_deref().and_then(numbers::hpio),
    );
    let abn = identifier(
        Coding::new(IDENTIFIER_TYPE_AU, "ABN").displayed("Australian Business Number"),
        "Australian Business Number",
        ABN,
        known.abn.as_deref().and_then(numbers::abn),
    );
    let place = known.location.as_ref();
    let telecom = place.into_iter().flat_map(|place| {
        [
            reached(ContactSystem::Phone, &place.phone, Some(ContactUse::Work)),
            reached(ContactSystem::Fax, &place.fax, Some(ContactUse::Work)),
            reached(ContactSystem::Email, &place.email, Some(ContactUse::Work)),
        ]
    });
    let address = place.and_then(|place| address(&place.address, AddressUse::Work));
    Resource::Organization(Organization {
        meta: Meta::claims([PROFILE]),
        identifier: hpio.into_iter().chain(abn).chain(site).collect(),
        name: name(origin.practice_name),
        telecom: telecom.flatten().collect(),
        address: address.into_iter().collect(),
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
