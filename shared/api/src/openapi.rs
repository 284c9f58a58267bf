//! The OpenAPI document. The operations come from the list in [`crate::routes`].

use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::routes::Operations;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Practice Bridge",
        description = "Connects referral and rep-booking platforms to Best Practice (Bp Premier) through Halo Connect."
    ),
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
    Document::openapi().merge_from(Operations::openapi()).to_json().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use crate::problem::ProblemType;

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
        let slugs: Vec<&str> = ProblemType::ALL.iter().map(|kind| kind.slug()).collect();
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

    /// A `default` would also describe a success that nobody documented.
    #[test]
    fn success_statuses_are_told_from_errors() {
        let document = document();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let responses = operation["responses"].as_object().unwrap();
                let is_exact = |status: &&String| status.starts_with('2') && status.len() == 3;
                let successes = responses.keys().filter(is_exact).count();
                let ranges: Vec<&str> = responses
                    .keys()
                    .map(String::as_str)
                    .filter(|it| !it.starts_with('2'))
                    .collect();
                let operation = format!("{method} {path}");
                assert!(successes > 0, "{operation}");
                assert!(!responses.contains_key("default"), "{operation}");
                let is_open = path.ends_with("/health") || path.ends_with("/openapi.json");
                let errors: &[&str] = if is_open { &[] } else { &["4XX", "5XX"] };
                assert_eq!(ranges, errors, "{operation}");
            }
        }
    }

    #[test]
    fn the_document_of_the_api_tells_both_formats() {
        let document = document();
        let path = "/v1/practices/{practiceId}/patients/{patientId}/clinical-summary";
        let content = &document["paths"][path]["get"]["responses"]["200"]["content"];
        assert!(content["application/json"]["schema"].is_object(), "{content}");
        assert!(content["application/fhir+json"].is_object(), "{content}");
        let path = "/v1/practices/{practiceId}/patients/{patientId}/summary";
        let content = &document["paths"][path]["get"]["responses"]["200"]["content"];
        assert_eq!(content.as_object().unwrap().len(), 1, "{content}");
        assert!(content["application/fhir+json"].is_object(), "{content}");
    }

    #[test]
    fn the_document_of_the_api_tells_what_could_not_be_read_and_that_it_may_be_left_out() {
        let document = document();
        let schemas = &document["components"]["schemas"];
        let listed = |section: &str| schemas[section]["properties"]["items"]["items"].clone();
        for (schema, member) in [
            (schemas["SectionProblem"].clone(), "unreadableRows"),
            (listed("Section_Allergy"), "unreadable"),
            (listed("Section_Observation"), "unreadable"),
            (schemas["Parent"].clone(), "unreadable"),
            (schemas["Circumstances"].clone(), "unreadable"),
        ] {
            let told = &schema["properties"][member];
            assert!(told["description"].is_string(), "nothing tells {member}: {schema}");
            let required = schema["required"].to_string();
            assert!(!required.contains(&format!("\"{member}\"")), "{schema} demands {member}");
        }
        assert!(schemas["ProblemType"]["enum"].to_string().contains("malformed-answer"));
        // Null where it could not be read, which is never the same as no.
        let ticked = &listed("Section_Medication")["properties"]["whenNeeded"]["type"];
        assert!(ticked.to_string().contains("null"), "{ticked}");
    }
}
