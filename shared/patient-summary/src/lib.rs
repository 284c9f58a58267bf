#![doc = include_str!("../README.md")]

mod contact;
mod draft;
pub mod fhir;
mod items;
mod patient;
mod people;
mod practice;
mod section;
mod terminology;

use domain::clinical::IdentifiedRecord;
use domain::ids::SiteId;
use domain::time_zone::PracticeTimeZone;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use uuid::Uuid;

use crate::draft::Draft;
use crate::fhir::{
    Bundle, BundleResource, BundleType, CodeableConcept, Coding, Composition, CompositionStatus,
    Identifier, LANGUAGE, Meta, Resource, Text, When,
};
use crate::terminology::{LOINC, URI};

/// Where and when a record was read.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// The new document's id: a random UUID that no other document has.
    pub document: Uuid,
    pub site_id: &'a SiteId,
    pub practice_name: Option<&'a str>,
    /// The practice's time zone. Without it a time of day becomes a remark, because FHIR has no time
    /// without a zone.
    pub time_zone: Option<&'a PracticeTimeZone>,
    /// When Bp was queried.
    pub read_at: Timestamp,
}

/// Writes the record as a document.
#[must_use]
pub fn document(record: &IdentifiedRecord, origin: &Origin<'_>) -> Bundle {
    let zone = origin.time_zone.and_then(|zone| TimeZone::get(zone.as_str()).ok());
    let mut draft = Draft::new(origin.document, origin.site_id, zone);
    let practice = draft.add(practice::practice(origin, &record.practice));
    people::add(&mut draft, &record.practitioners, &practice);
    let patient = patient::patient(&draft, &record.identity, origin.practice_name);
    draft.add_subject(patient);
    let software = draft.add(practice::software());
    let section = items::sections(&mut draft, &record.sections);
    let identifier = identifier(origin.document);
    let composition = Composition {
        meta: Meta {
            profile: vec![
                "http://hl7.org.au/fhir/ps/StructureDefinition/au-ps-composition|1.0.0",
                "http://hl7.org/fhir/uv/ips/StructureDefinition/Composition-uv-ips|2.0.0",
            ],
        },
        language: LANGUAGE,
        identifier: identifier.clone(),
        status: CompositionStatus::Final,
        r#type: CodeableConcept::from(
            Coding::new(LOINC, "60591-5").displayed("Patient summary Document"),
        ),
        subject: draft.subject(),
        date: origin.read_at.into(),
        // Software wrote it from the practice's data. Nobody has checked it.
        author: vec![software],
        title: "Patient summary from Best Practice",
        custodian: practice,
        section,
    };
    Bundle {
        resource_type: BundleResource::Bundle,
        meta: Meta {
            profile: vec![
                "http://hl7.org.au/fhir/ps/StructureDefinition/au-ps-bundle|1.0.0",
                "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips|2.0.0",
            ],
        },
        language: LANGUAGE,
        identifier,
        r#type: BundleType::Document,
        timestamp: When::from(origin.read_at),
        entry: draft.finish(Resource::Composition(Box::new(composition))),
    }
}

/// The document as JSON. It is written here and not by the caller, because a long document takes a while and this
/// crate is compiled for speed.
///
/// # Errors
/// When a value has no JSON. No document has one.
pub fn to_json(document: &Bundle) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(document)
}

fn identifier(document: Uuid) -> Identifier {
    let value =
        Text::new(&format!("urn:uuid:{document}")).unwrap_or_else(|| Text::ours("urn:uuid"));
    Identifier::new(None, URI.to_owned(), value)
}
