//! The input of the FHIR operation `$summary`: parameters of a GET, or the resource `Parameters` of a POST.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::demands::{Demands, Parameter};
use crate::input::{Body, Checker, LARGEST_BODY, read_json};
use crate::problem::{Problem, ProblemType};

/// The profiles of the document, without their versions.
const PROFILES: [(&str, &str); 2] = [
    ("http://hl7.org.au/fhir/ps/StructureDefinition/au-ps-bundle", "1.0.0"),
    ("http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips", "2.0.0"),
];

const OTHER_PROFILE: &str =
    "Documents keep only the profiles au-ps-bundle 1.0.0 and Bundle-uv-ips 2.0.0.";
const OTHER_PARAMETER: &str = "The only parameter of this operation is profile.";

/// Parameters of the operation by GET.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OperationParameters {
    profile: Option<String>,
}

impl OperationParameters {
    /// # Errors
    /// When the document does not keep the profile.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        let mut fields = Checker::default();
        if self.profile.as_deref().is_some_and(|profile| !is_kept(profile)) {
            fields.wrong("profile", OTHER_PROFILE);
        }
        fields.finish(Some(()))
    }
}

/// The input of the operation by POST, after it was checked: nothing, or `Parameters` that we support.
pub(crate) struct OperationInput;

impl<S: Send + Sync> FromRequest<S> for OperationInput {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.and_then(|kind| kind.split(';').next()).map(|kind| kind.trim().to_owned());
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|_| Problem::new(ProblemType::RequestTooLarge))?;
        if bytes.len() > LARGEST_BODY {
            return Err(Problem::new(ProblemType::RequestTooLarge));
        }
        if bytes.is_empty() {
            return Ok(Self);
        }
        let is_json = |kind: String| {
            ["application/fhir+json", "application/json"]
                .iter()
                .any(|json| kind.eq_ignore_ascii_case(json))
        };
        if !kind.is_some_and(is_json) {
            let words = "Send the body as application/fhir+json, or send none.";
            return Err(Problem::because(ProblemType::UnsupportedMediaType, words));
        }
        check(&read_json::<Map<String, Value>>(&bytes)?).map(|()| Self)
    }
}

impl Parameter for OperationInput {
    fn add_to(demands: &mut Demands) {
        <Body<()> as Parameter>::add_to(demands);
    }
}

fn check(body: &Map<String, Value>) -> Result<(), Problem> {
    let mut fields = Checker::default();
    if body.get("resourceType").and_then(Value::as_str) != Some("Parameters") {
        fields.wrong("/resourceType", "The body is a FHIR resource Parameters.");
        return fields.finish(None);
    }
    let parameters = match body.get("parameter") {
        None => &[][..],
        Some(Value::Array(parameters)) => parameters,
        Some(_) => {
            fields.wrong("/parameter", "This is a list of parameters.");
            return fields.finish(None);
        }
    };
    for (place, parameter) in parameters.iter().enumerate() {
        if parameter["name"] != "profile" {
            fields.wrong(&format!("/parameter/{place}"), OTHER_PARAMETER);
            continue;
        }
        // The guide's canonical is a canonical in one release and a uri in another.
        let value = ["valueCanonical", "valueUri", "valueUrl", "valueString"]
            .iter()
            .find_map(|member| parameter[*member].as_str());
        if !value.is_some_and(is_kept) {
            fields.wrong(&format!("/parameter/{place}"), OTHER_PROFILE);
        }
    }
    fields.finish(Some(()))
}

/// Whether the document keeps this profile, which may name a version.
fn is_kept(profile: &str) -> bool {
    let (profile, version) =
        profile.split_once('|').map_or((profile, None), |(it, v)| (it, Some(v)));
    PROFILES.iter().any(|(kept, its)| profile == *kept && version.is_none_or(|one| one == *its))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn errors(body: &Value) -> Vec<String> {
        match check(body.as_object().unwrap()) {
            Ok(()) => Vec::new(),
            Err(problem) => {
                assert_eq!(problem.kind, ProblemType::InvalidRequest);
                problem.errors.into_iter().map(|error| error.pointer).collect()
            }
        }
    }

    fn parameters(parameter: &Value) -> Value {
        json!({ "resourceType": "Parameters", "parameter": parameter })
    }

    #[test]
    fn no_parameter_and_a_profile_of_the_document_are_supported() {
        assert!(errors(&json!({ "resourceType": "Parameters" })).is_empty());
        assert!(errors(&parameters(&json!([]))).is_empty());
        for profile in [
            "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips",
            "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips|2.0.0",
            "http://hl7.org.au/fhir/ps/StructureDefinition/au-ps-bundle|1.0.0",
        ] {
            for member in ["valueCanonical", "valueUri"] {
                let one = json!({ "name": "profile", member: profile });
                assert!(errors(&parameters(&json!([one]))).is_empty(), "{profile}");
            }
            assert!(OperationParameters { profile: Some(profile.to_owned()) }.check().is_ok());
        }
        assert!(OperationParameters { profile: None }.check().is_ok());
    }

    #[test]
    fn what_is_not_supported_is_pointed_at() {
        let old = "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips|1.1.0";
        let found = errors(&parameters(&json!([
            { "name": "identifier", "valueString": "someone" },
            { "name": "profile", "valueUri": old },
            { "name": "profile" },
            7,
        ])));
        assert_eq!(found, ["/parameter/0", "/parameter/1", "/parameter/2", "/parameter/3"]);
        assert_eq!(errors(&json!({ "resourceType": "Patient" })), ["/resourceType"]);
        assert_eq!(errors(&json!({})), ["/resourceType"]);
        assert_eq!(errors(&parameters(&json!({}))), ["/parameter"]);
        assert!(OperationParameters { profile: Some(old.to_owned()) }.check().is_err());
    }
}
