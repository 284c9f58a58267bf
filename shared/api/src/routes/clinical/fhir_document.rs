//! The outline of a FHIR document, for the OpenAPI document. The `patient-summary` crate makes the documents.

use serde::Serialize;
use utoipa::ToSchema;

/// A FHIR document (R4): a Bundle whose first entry is the Composition. FHIR's own definitions describe the
/// rest.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FhirDocument {
    resource_type: FhirType,
    #[serde(rename = "type")]
    kind: BundleType,
    #[schema(format = DateTime)]
    timestamp: String,
    #[schema(min_items = 1)]
    entry: Vec<FhirEntry>,
}

/// The type of the resource.
#[derive(Serialize, ToSchema)]
#[expect(dead_code, reason = "describes answers and is never made")]
enum FhirType {
    Bundle,
}

/// The kind of the Bundle.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes answers and is never made")]
enum BundleType {
    Document,
}

/// A resource of the document, and the address by which other resources refer to it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FhirEntry {
    full_url: String,
    #[schema(value_type = Object)]
    resource: serde_json::Value,
}
