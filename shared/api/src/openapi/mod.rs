//! The OpenAPI document. The operations and schemas come from the list in [`crate::routes`]. What their
//! attributes cannot say is added here: who may call, which problems can come, ids, examples and tags.
//!
//! `shared/api/openapi.json` is this document, for people and programs without Rust.

#[cfg(test)]
mod breaking;
mod events;
mod examples;
#[cfg(test)]
mod older;
mod operations;
mod problems;
mod schemas;
#[cfg(test)]
mod tests;

use domain::clinical::SectionName;
use serde_json::{Value, json};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::routes::Operations;

#[derive(OpenApi)]
#[openapi(
    info(title = "Practice Bridge", description = include_str!("conventions.md")),
    // Used by a parameter only, which does not add it.
    components(schemas(SectionName)),
    modifiers(&Bearer),
    security(("bearer" = []))
)]
struct Document;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some("A person's ID token, or a platform server's access token."))
            .build();
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
}

/// The tags, in the order of the guides.
const TAGS: [(&str, &str); 13] = [
    ("Account", "Who calls, and which practices a platform has connected."),
    ("Connection", "Pairs a practice with its Bp, and links accounts to Bp users."),
    ("Settings", "The practice's time zone and booking settings, and what they can choose from."),
    ("Patients", "Finds a patient and reads their record."),
    ("Attachments", "Lists a patient's documents in Bp, and copies them for download."),
    ("Correspondence", "Sends referrals and messages to Bp, and follows their delivery."),
    ("Staff", "Matches a platform's staff list with Bp's users."),
    ("Bookings", "Representatives' visits in Bp's appointment book."),
    ("Audit", "Who read or changed which records."),
    ("Webhooks", "A platform's addresses that receive its events."),
    ("Usage", "How much a practice uses Halo."),
    ("Service", "The service itself. No token is needed."),
    ("Halo", "For Halo Connect only. No other program calls this."),
];

/// The document as JSON.
#[must_use]
pub fn document() -> String {
    whole().to_string()
}

fn whole() -> Value {
    let document = Document::openapi().merge_from(Operations::openapi());
    let mut document = serde_json::to_value(document).unwrap_or_default();
    // Relative to this document, whose path ends with /v1/openapi.json.
    document["servers"] =
        json!([{ "url": "..", "description": "The deployment that serves this document." }]);
    let tag = |(name, description)| json!({ "name": name, "description": description });
    document["tags"] = TAGS.into_iter().map(tag).collect();
    schemas::complete(&mut document);
    events::add(&mut document);
    operations::complete(&mut document);
    examples::add(&mut document);
    document
}
