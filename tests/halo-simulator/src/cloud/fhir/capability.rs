//! The capability statement of the engine inside Halo Link. It needs no database.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::documents;
use crate::cloud::{clock::utc, site::Site};

/// Search parameters with their FHIR types.
pub(super) const SEARCH_PARAMETERS: [(&str, &str); 8] = [
    ("_id", "token"),
    ("_lastUpdated", "date"),
    ("family", "string"),
    ("given", "string"),
    ("name", "string"),
    ("birthdate", "date"),
    ("gender", "token"),
    ("identifier", "token"),
];

pub(super) fn statement(site: &Site, now: Timestamp) -> Value {
    let state = site.state();
    let listed = |parameters: &[(&str, &str)]| -> Vec<Value> {
        parameters.iter().map(|(name, kind)| json!({"name": name, "type": kind})).collect()
    };
    let mut resources = vec![json!({
        "type": "Patient",
        "profile": "http://hl7.org/fhir/StructureDefinition/Patient",
        "supportedProfile": ["http://hl7.org.au/fhir/StructureDefinition/au-patient"],
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "searchParam": listed(&SEARCH_PARAMETERS),
    })];
    if state.fhir_documents {
        resources.push(json!({
            "type": "DocumentReference",
            "interaction": [{"code": "read"}, {"code": "search-type"}],
            "searchParam": listed(&documents::SEARCH_PARAMETERS),
        }));
        resources.push(json!({"type": "Binary", "interaction": [{"code": "read"}]}));
    }
    json!({
        "resourceType": "CapabilityStatement",
        "id": state.guid,
        "version": state.halo_link_version,
        "name": "RestServer",
        "status": "active",
        "date": utc(now),
        "publisher": "Halo simulator",
        "kind": "instance",
        "software": {"name": "Halo simulator FHIR server", "version": env!("CARGO_PKG_VERSION")},
        "implementation": {"description": "A made-up practice"},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "application/json"],
        "rest": [{
            "mode": "server",
            "resource": resources,
        }]
    })
}
