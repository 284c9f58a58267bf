//! The OpenAPI document, from the handlers' own descriptions.

use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::routes::documented::{
    __path_allow_link, __path_announce_document, __path_appointment_types, __path_cancel_booking,
    __path_cancel_import, __path_clinical_summary, __path_connect, __path_demographics,
    __path_disconnect, __path_health, __path_keep_booking, __path_list, __path_list_attachments,
    __path_list_bookings, __path_list_deliveries, __path_notified, __path_openapi, __path_read,
    __path_read_booking, __path_read_delivery, __path_read_import, __path_read_staff,
    __path_replace, __path_replace_staff, __path_resend_booking, __path_resend_bookings,
    __path_retry_delivery, __path_retry_import, __path_search, __path_send_message,
    __path_send_referral, __path_start_import, __path_status, __path_sync_staff, __path_trail,
    __path_unlink, __path_usage, __path_validate,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Practice Bridge",
        description = "Joins referral and rep-booking platforms to Best Practice (Bp Premier) through Halo Connect."
    ),
    paths(connect, status, disconnect, unlink, allow_link, validate, list, appointment_types, read, replace, search, demographics, clinical_summary, list_attachments, start_import, read_import, retry_import, cancel_import, trail, usage, notified, replace_staff, read_staff, sync_staff, keep_booking, cancel_booking, read_booking, list_bookings, resend_booking, resend_bookings, health, openapi, announce_document, send_referral, send_message, read_delivery, list_deliveries, retry_delivery),
    modifiers(&Bearer),
    security(("bearer" = []))
)]
struct Document;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    }
}

/// The document as JSON.
#[must_use]
pub fn document() -> String {
    Document::openapi().to_json().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use crate::problem::Kind;

    /// The routes of template.yaml, as `METHOD path`.
    fn deployed() -> BTreeSet<String> {
        include_str!("../../../template.yaml")
            .lines()
            .filter(|line| line.contains("Type: Api, Properties"))
            .map(|line| {
                let after =
                    |key: &str| line.split(key).nth(1).unwrap().trim_start_matches([' ', '"']);
                let method = after("Method:").split(',').next().unwrap();
                let path = after("Path:").split(['"', ',', ' ']).next().unwrap();
                format!("{method} {path}")
            })
            .collect()
    }

    fn document() -> Value {
        serde_json::from_str(&super::document()).unwrap()
    }

    fn values(schema: &Value) -> Vec<&str> {
        let values = schema["enum"].as_array().unwrap_or_else(|| panic!("no list: {schema}"));
        values.iter().map(|value| value.as_str().unwrap()).collect()
    }

    /// Every change of the document shows in the diff of its snapshot. `INSTA_UPDATE=always` writes the
    /// new one.
    #[test]
    fn the_document_is_the_reviewed_one() {
        let pretty = serde_json::to_string_pretty(&document()).unwrap();
        insta::assert_snapshot!("openapi", pretty);
    }

    #[test]
    fn the_types_of_problems_are_listed_for_callers_who_switch_on_them() {
        let document = document();
        let schemas = &document["components"]["schemas"];
        let slugs: Vec<&str> = Kind::ALL.iter().map(|kind| kind.slug()).collect();
        assert_eq!(values(&schemas["ProblemType"]), slugs);
        let kind = &schemas["ProblemBody"]["properties"]["type"];
        assert!(kind.to_string().contains("#/components/schemas/ProblemType"), "{kind}");
        let history = &schemas["HistoryView"]["properties"]["problem"];
        assert!(history.to_string().contains("#/components/schemas/ProblemType"), "{history}");
    }

    #[test]
    fn what_is_one_of_a_few_words_is_listed_in_requests() {
        let document = document();
        let schemas = &document["components"]["schemas"];
        let field = |schema: &str, field: &str| {
            let property = &schemas[schema]["properties"][field];
            let text = property.to_string();
            match text.split("#/components/schemas/").nth(1) {
                Some(rest) => schemas[rest.split('"').next().unwrap()].clone(),
                None => property.clone(),
            }
        };
        for (schema, name, one) in [
            ("MessageRequest", "kind", "acknowledgement"),
            ("DocumentRequest", "contentType", "application/hl7-v2+er7"),
            ("ImportRequestItem", "folder", "clinicalImages"),
        ] {
            assert!(values(&field(schema, name)).contains(&one), "{schema}.{name}");
        }
    }

    #[test]
    fn the_document_describes_exactly_the_deployed_routes() {
        let document = document();
        let described: BTreeSet<String> = document["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, methods)| {
                methods
                    .as_object()
                    .unwrap()
                    .keys()
                    .map(move |method| format!("{} {path}", method.to_uppercase()))
            })
            .collect();
        assert_eq!(described, deployed());
    }
}
