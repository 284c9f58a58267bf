use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{TAGS, breaking, older, schemas};
use crate::problem::ProblemType;

/// The routes of template.yaml, as `METHOD path`.
fn deployed() -> BTreeSet<String> {
    include_str!("../../../../template.yaml")
        .lines()
        .filter(|line| line.contains("Type: Api, Properties"))
        .map(|line| {
            let after = |key: &str| line.split(key).nth(1).unwrap().trim_start_matches([' ', '"']);
            let method = after("Method:").split(',').next().unwrap();
            let path = after("Path:").split(['"', ',', ' ']).next().unwrap();
            format!("{method} {path}")
        })
        .collect()
}

fn document() -> Value {
    serde_json::from_str(&super::document()).unwrap()
}

fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(name) => document.pointer(name.strip_prefix('#').unwrap()).unwrap(),
        None => value,
    }
}

/// Compares a document with the file of this name. `INSTA_UPDATE=always` writes the file, as it does for
/// snapshots.
#[track_caller]
fn assert_committed(name: &str, document: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always") {
        fs::write(&path, serde_json::to_string_pretty(document).unwrap() + "\n").unwrap();
    }
    let committed: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let is_committed = committed == *document;
    assert!(
        is_committed,
        "{name} differs: INSTA_UPDATE=always cargo test --workspace --lib openapi"
    );
}

#[test]
fn the_committed_document_is_the_one_that_is_served() {
    assert_committed("openapi.json", &document());
}

#[test]
fn the_rendition_for_tools_of_openapi_3_0_is_made_from_it() {
    let rendition = older::rendition(&document());
    assert_committed("openapi-3.0.json", &rendition);
    let text = rendition.to_string();
    for newer in ["\"null\"", "\"const\"", "[\"integer\"", "[\"string\""] {
        assert!(!text.contains(newer), "{newer} is not OpenAPI 3.0");
    }
    for (name, schema) in rendition["components"]["schemas"].as_object().unwrap() {
        for (member, schema) in schema["properties"].as_object().into_iter().flatten() {
            let is_typed = schema["nullable"].is_null() || schema["type"].is_string();
            assert!(is_typed, "{name}.{member}: in 3.0, `nullable` needs a `type`");
        }
    }
}

/// Generators of Kotlin and Dart merge the choices of a union, and require of each what one of them requires.
#[test]
fn in_the_rendition_a_union_is_one_object_that_each_of_its_choices_fits() {
    let (document, rendition) = (document(), older::rendition(&document()));
    assert!(!rendition.to_string().contains("\"oneOf\":"));
    let schemas = rendition["components"]["schemas"].as_object().unwrap();
    // 3.0 has no place for webhooks. Their events' schemas stay, and nothing names them.
    let text = format!("{rendition}{}", document["webhooks"]);
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        let is_named = text.contains(&format!("\"#/components/schemas/{name}\""));
        assert_eq!(schemas.contains_key(name), is_named, "{name}");
    }
    let parent = json!({ "kind": "parent", "relation": "mother", "alive": null, "ageAtDeath": 71,
        "causeOfDeath": "Stroke" });
    let unknown = json!({ "kind": "familyUnknown" });
    let comment = json!({ "kind": "comment", "text": "Adopted" });
    for item in [parent, unknown, comment] {
        let union = &document["components"]["schemas"]["FamilyItem"];
        assert!(validator(&document, union).is_valid(&item), "{item}");
        let members = item.as_object().unwrap().keys();
        let flat = &schemas["FamilyItem"];
        members.for_each(|name| assert!(flat["properties"][name].is_object(), "{name}"));
        let kinds = flat["properties"]["kind"]["enum"].as_array().unwrap();
        assert!(kinds.contains(&item["kind"]), "{kinds:?}");
        assert_eq!(flat["required"], json!(["kind"]));
    }
}

/// `released.json` is the document of the last release. Each release replaces it.
#[test]
fn nothing_that_callers_of_the_last_release_use_has_changed() {
    let released: Value = serde_json::from_str(include_str!("../../released.json")).unwrap();
    let found = breaking::changes(&released, &document());
    assert!(found.is_empty(), "these changes break callers:\n{}", found.join("\n"));
}

#[test]
fn every_response_and_every_operation_is_described() {
    let document = document();
    let tags: BTreeSet<&str> = TAGS.iter().map(|(name, _)| *name).collect();
    let mut names = BTreeSet::new();
    for operation in schemas::operations(&document) {
        let name = operation["operationId"].as_str().unwrap();
        assert!(names.insert(name), "{name} is there twice");
        assert!(name.chars().all(|letter| letter.is_ascii_alphanumeric()), "{name}");
        assert!(operation["summary"].is_string(), "{name} has no summary");
        assert!(tags.contains(operation["tags"][0].as_str().unwrap()), "{name}: no such tag");
        for (status, response) in operation["responses"].as_object().unwrap() {
            let response = resolved(&document, response);
            let described = response["description"].as_str().is_some_and(|words| !words.is_empty());
            assert!(described, "{name} {status}");
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(parameter["description"].is_string(), "{name}: {parameter}");
        }
    }
}

/// A schema with what its references name.
fn validator(document: &Value, schema: &Value) -> jsonschema::Validator {
    let whole = json!({ "components": document["components"], "allOf": [schema] });
    jsonschema::options().should_validate_formats(true).build(&whole).unwrap()
}

/// End-to-end tests compare the header of every answer with the document.
#[test]
fn only_answers_without_patients_data_may_be_stored() {
    let document = document();
    let mut kept = Vec::new();
    for operation in schemas::operations(&document) {
        for (status, response) in operation["responses"].as_object().unwrap() {
            let header = &resolved(&document, response)["headers"]["Cache-Control"];
            let value = &resolved(&document, header)["schema"]["const"];
            if value != "no-store" {
                let name = operation["operationId"].as_str().unwrap();
                kept.push(format!("{name} {status}: {}", value.as_str().unwrap()));
            }
        }
    }
    kept.sort();
    assert_eq!(
        kept,
        [
            "getHealth 200: no-cache",
            "getHealth 304: no-cache",
            "getOpenApiDocument 200: max-age=300",
            "getOpenApiDocument 304: max-age=300",
            "getSettings 200: private, no-cache",
            "getSettings 304: private, no-cache",
            "getStaff 200: private, no-cache",
            "getStaff 304: private, no-cache",
        ]
    );
}

#[test]
fn every_202_says_where_to_follow_the_work_and_every_list_where_it_goes_on() {
    let document = document();
    for operation in schemas::operations(&document) {
        let accepted = &operation["responses"]["202"];
        if accepted.is_object() {
            for header in ["Location", "Retry-After"] {
                assert!(accepted["headers"][header].is_object(), "{}", operation["operationId"]);
            }
        }
    }
    for schema in
        ["AttachmentList", "DeliveryPage", "BookingList", "AuditTrail", "AppointmentTypes"]
    {
        let schema = &document["components"]["schemas"][schema];
        for member in ["items", "nextCursor"] {
            let required = schema["required"].as_array().unwrap();
            assert!(required.contains(&json!(member)), "{member} of {schema}");
        }
    }
}

#[test]
fn every_example_is_valid_by_its_schema() {
    let document = document();
    let mut examined = 0;
    let mut wrong = Vec::new();
    let mut examine = |at: &str, schema: &Value, example: &Value| {
        examined += 1;
        let validator = validator(&document, schema);
        wrong.extend(
            validator
                .iter_errors(example)
                .map(|error| format!("{at}{}: {error}", error.instance_path())),
        );
    };
    for operation in schemas::operations(&document) {
        let name = operation["operationId"].as_str().unwrap();
        let answers = operation["responses"].as_object().unwrap().values();
        for part in answers.chain([&operation["requestBody"]]) {
            for media in part["content"].as_object().into_iter().flat_map(|it| it.values()) {
                if let Some(example) = media.get("example") {
                    // FHIR's resources have more members than the document describes.
                    let schema = &media["schema"];
                    let name_of = schema["$ref"].as_str().unwrap_or("Fhir");
                    let may_have_more = name_of.contains("Fhir");
                    let whole =
                        json!({ "allOf": [schema], "unevaluatedProperties": may_have_more });
                    examine(name, &whole, example);
                }
            }
        }
    }
    let problem = json!({ "$ref": "#/components/schemas/ProblemBody" });
    for (slug, example) in document["components"]["examples"].as_object().unwrap() {
        examine(slug, &problem, &example["value"]);
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        for (member, schema) in schema["properties"].as_object().into_iter().flatten() {
            if let Some(example) = schema.get("example") {
                examine(&format!("{name}.{member}"), schema, example);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(examined > 80, "{examined} examples");
}

#[test]
fn every_request_body_has_an_example() {
    for operation in schemas::operations(&document()) {
        for media in operation["requestBody"]["content"].as_object().into_iter().flatten() {
            assert!(media.1["example"] != Value::Null, "{}", operation["operationId"]);
        }
    }
}

#[test]
fn every_operation_of_a_practice_says_who_may_call_it_and_which_problems_can_come() {
    let document = document();
    let mut slugs = BTreeSet::new();
    for operation in schemas::operations(&document) {
        for response in operation["responses"].as_object().unwrap().values() {
            for slug in
                resolved(&document, response)["x-problem-types"].as_array().into_iter().flatten()
            {
                slugs.insert(slug.as_str().unwrap());
            }
        }
        if operation["security"] == json!([{}]) {
            continue;
        }
        if operation["operationId"] != "getMe" {
            let callers = operation["security"].as_array().unwrap();
            assert!(!callers.is_empty(), "{operation}");
        }
        // These two are about the caller, and no practice is in their paths.
        let every: &[&str] = match operation["operationId"].as_str() {
            Some("getMe") => &["401", "429", "503"],
            Some("listPractices" | "listWebhookEndpoints") => &["401", "403", "429", "503"],
            _ => &["401", "403", "404", "429", "503"],
        };
        for status in every {
            assert!(operation["responses"][status].is_object(), "{status} of {operation}");
        }
    }
    for gateways in ["too-many-requests", "sign-in-unavailable", "timed-out"] {
        assert!(slugs.contains(gateways), "{gateways}");
    }
    let search = "/v1/practices/{practiceId}/patients/search";
    let search = &document["paths"][search]["post"];
    assert_eq!(search["security"], json!([{ "bearer": ["clinician"] }]));
    let conflicts = &search["responses"]["409"]["x-problem-types"];
    assert!(conflicts.to_string().contains("not-connected"), "{conflicts}");
}

#[test]
fn items_of_sections_have_names_and_unions_a_discriminator() {
    let document = document();
    let schemas = &document["components"]["schemas"];
    for item in ["PastHistory", "Medication", "Allergy", "Observation", "Immunisation"] {
        let items = &schemas[format!("{item}Section")]["properties"]["items"]["items"];
        assert_eq!(items["$ref"], format!("#/components/schemas/{item}"));
        assert!(schemas[item]["properties"].is_object(), "{item}");
    }
    for union in ["FamilyItem", "SocialItem"] {
        let mapping = schemas[union]["discriminator"]["mapping"].as_object().unwrap();
        for name in mapping.values() {
            assert!(document.pointer(&name.as_str().unwrap()[1..]).is_some(), "{name}");
        }
    }
}

#[test]
fn what_is_always_sent_is_required_and_what_is_left_out_is_never_null() {
    let document = document();
    let schemas = &document["components"]["schemas"];
    let view = &schemas["ConnectionView"];
    let is_required = |name: &str| view["required"].as_array().unwrap().contains(&json!(name));
    assert!(is_required("siteId") && !is_required("checkedAt"), "{view}");
    assert_eq!(view["properties"]["siteId"]["type"], json!(["string", "null"]));
    assert_eq!(view["properties"]["checkedAt"]["type"], "string");
    assert_eq!(view["properties"]["problem"]["$ref"], "#/components/schemas/ProblemBody");
    for operation in schemas::operations(&document) {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(!parameter["schema"].to_string().contains("null"), "{parameter}");
        }
    }
}

/// openapi-typescript makes a member with a `default` required, also in a request.
#[test]
fn a_default_is_described_in_words_so_that_no_generator_takes_the_member_for_required() {
    let document = document();
    let summary = &document["components"]["schemas"]["ReferralRequest"]["properties"]["summary"];
    assert!(summary["description"].as_str().unwrap().ends_with(" Default: `false`."), "{summary}");
    assert!(!document["components"]["schemas"].to_string().contains("\"default\":"));
}

fn values(schema: &Value) -> Vec<&str> {
    let values = schema["enum"].as_array().unwrap_or_else(|| panic!("no list: {schema}"));
    values.iter().map(|value| value.as_str().unwrap()).collect()
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

/// A `default` or a range would also describe a success that nobody documented.
#[test]
fn success_statuses_are_told_from_errors() {
    for operation in schemas::operations(&document()) {
        let statuses = operation["responses"].as_object().unwrap().keys();
        assert!(statuses.clone().all(|status| status.parse::<u16>().is_ok()), "{operation}");
        assert!(statuses.clone().any(|status| status.starts_with('2')), "{operation}");
    }
}

#[test]
fn fhir_has_paths_of_its_own() {
    let document = document();
    let path = "/v1/practices/{practiceId}/patients/{patientId}/clinical-summary";
    let content = &document["paths"][path]["get"]["responses"]["200"]["content"];
    assert_eq!(content.as_object().unwrap().keys().collect::<Vec<_>>(), ["application/json"]);
    let path = "/v1/practices/{practiceId}/patients/{patientId}/summary";
    let content = &document["paths"][path]["get"]["responses"]["200"]["content"];
    assert_eq!(content.as_object().unwrap().len(), 1, "{content}");
    let schema = &content["application/fhir+json"]["schema"]["$ref"];
    assert_eq!(schema, "#/components/schemas/FhirDocument");
}

#[test]
fn the_document_of_the_api_tells_what_could_not_be_read_and_that_it_may_be_left_out() {
    let document = document();
    let schemas = &document["components"]["schemas"];
    for (schema, member) in [
        (schemas["SectionProblem"].clone(), "unreadableRows"),
        (schemas["Allergy"].clone(), "unreadable"),
        (schemas["Observation"].clone(), "unreadable"),
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
    let ticked = &schemas["Medication"]["properties"]["whenNeeded"]["type"];
    assert!(ticked.to_string().contains("null"), "{ticked}");
}
