//! A clinical record as an International Patient Summary: a FHIR R4 document Bundle. Nothing is asked and
//! nothing is decided here: everything that [`domain::clinical`] says of a patient is said again, and
//! nothing more. What has no place in a FHIR resource is a remark of the resource, and all of it is in
//! the narratives.
//!
//! How the domain's answers are told, per section:
//!
//! | the domain | the document |
//! |---|---|
//! | `recorded` | the entries |
//! | `nilKnown` | allergies: the one entry "no known allergies" that the International Patient Summary asks for; else `emptyReason` `nilknown` |
//! | `notRecorded` | `emptyReason` `notstarted`: nobody began this list, which says nothing of the patient |
//! | `unavailable` | `emptyReason` `withheld` where our login may not read it, else `unavailable` |
//! | not asked for | left out; the three sections that every summary must have (problems, medications, allergies) with `emptyReason` `unavailable`, "not asked for" |
//!
//! A value that could not be understood is left out, and a remark of its resource says which one.
//! A note or a problem of a section is its extension `note`, and in its narrative, also beside entries.
//! Sections with a problem are incomplete.

mod draft;
pub mod fhir;
mod items;
mod patient;
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
    Identifier, Meta, Resource, Text, When,
};
use crate::terminology::{LOINC, URI};

/// Where a record comes from.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// The new document's number, which no document ever had: a random UUID.
    pub document: Uuid,
    /// The practice's Bp Site ID.
    pub site_id: &'a SiteId,
    /// The practice's name.
    pub practice_name: Option<&'a str>,
    /// The clock on the practice's wall. Without it a time of day stays a remark, because FHIR has no
    /// time without a zone.
    pub time_zone: Option<&'a PracticeTimeZone>,
    /// When Bp was asked.
    pub read_at: Timestamp,
}

/// The record as a document.
#[must_use]
pub fn document(record: &IdentifiedRecord, origin: &Origin<'_>) -> Bundle {
    let zone = origin.time_zone.and_then(|zone| TimeZone::get(zone.as_str()).ok());
    let mut draft = Draft::new(origin.document, origin.site_id, zone);
    let patient = patient::patient(&draft, &record.identity);
    draft.add_subject(patient);
    let practice = draft.add(patient::practice(origin));
    let software = draft.add(patient::software());
    let section = items::sections(&mut draft, &record.sections);
    let identifier = identifier(origin.document);
    let composition = Composition {
        meta: Meta {
            profile: vec!["http://hl7.org/fhir/uv/ips/StructureDefinition/Composition-uv-ips"],
        },
        language: "en-AU",
        identifier: identifier.clone(),
        status: CompositionStatus::Final,
        r#type: CodeableConcept::from(
            Coding::new(LOINC, "60591-5").displayed("Patient summary Document"),
        ),
        subject: draft.subject(),
        date: origin.read_at.into(),
        author: vec![practice.clone(), software],
        title: "Patient summary from Best Practice",
        custodian: practice,
        section,
    };
    Bundle {
        resource_type: BundleResource::Bundle,
        meta: Meta {
            profile: vec!["http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips"],
        },
        identifier,
        r#type: BundleType::Document,
        timestamp: When::from(origin.read_at),
        entry: draft.finish(Resource::Composition(Box::new(composition))),
    }
}

fn identifier(document: Uuid) -> Identifier {
    let value =
        Text::new(&format!("urn:uuid:{document}")).unwrap_or_else(|| Text::ours("urn:uuid"));
    Identifier { r#type: None, system: URI.to_owned(), value }
}
