//! Documents by FHIR, for a site that offers DocumentReference and Binary. Which elements carry Bp's folder
//! and number is not public: `data/fhir_documents.json` has our assumption, and a deployment can replace
//! it like a statement.

use bytes::Bytes;
use domain::ids::HaloGuid;
use domain::imports::About;
use futures::{Stream, StreamExt as _, future};
use halo::{Deadline, Error, FhirQuery};
use jiff::civil::Date;
use serde_json::Value;

use super::bytes::decoded;
use super::types::{DocumentError, DocumentKey, FhirDocument, FhirFound};
use crate::client::BpClient;
use crate::error::{BpError, error_of_named};

/// The name of these calls in errors and logs.
const NAME: &str = "fhir_documents";

impl BpClient {
    /// Whether a site offers documents by FHIR. One call, which does not touch Bp's database.
    ///
    /// # Errors
    /// Every error that a Halo call can have.
    pub async fn offers_fhir_documents(
        &self,
        guid: HaloGuid,
        deadline: Deadline,
    ) -> Result<bool, BpError> {
        let statement = self.halo.fhir_metadata(guid.0, deadline).await;
        Ok(offers(&statement.map_err(|error| error_of_named(NAME, error))?))
    }

    /// A patient's document by FHIR. `None` when the patient has no such document.
    ///
    /// # Errors
    /// Every error that a Halo call can have, and an answer about another patient or document.
    pub async fn fhir_document(
        &self,
        guid: HaloGuid,
        key: &DocumentKey,
        deadline: Deadline,
    ) -> Result<Option<FhirFound>, BpError> {
        let names = self.pack.fhir_names();
        let system = names.identifier_systems.get(&key.folder).map_or("", String::as_str);
        let query = FhirQuery {
            resource: "DocumentReference",
            parameters: vec![
                (names.patient_parameter.clone(), format!("Patient/{}", key.patient.0)),
                (names.identifier_parameter.clone(), format!("{system}|{}", key.document.0)),
            ],
        };
        let bundle = self.halo.fhir_search(guid.0, &query, deadline).await;
        tracing::info!(
            statement = NAME,
            outcome = if bundle.is_ok() { "ok" } else { "failed" },
            "asked Bp by FHIR"
        );
        let bundle = bundle.map_err(|error| error_of_named(NAME, error))?;
        found(&bundle, key, system).map_err(malformed)
    }

    /// The bytes of a Binary, as they arrive. The stream ends after the document or after its first error.
    /// The document is complete only if the stream ends without an error.
    ///
    /// # Errors
    /// [`DocumentError::Lost`] when there is no such Binary any more, and every error that a call can have.
    pub async fn fhir_document_bytes(
        &self,
        guid: HaloGuid,
        id: &str,
        deadline: Deadline,
    ) -> Result<impl Stream<Item = Result<Bytes, DocumentError>> + Send + use<>, DocumentError>
    {
        let failed = |error| match error {
            Error::NotFound | Error::Gone => DocumentError::Lost,
            error => DocumentError::Bp(error_of_named(NAME, error)),
        };
        let bytes = self.halo.fhir_binary(guid.0, id, deadline).await.map_err(failed)?;
        Ok(bytes.then(move |part| future::ready(part.map_err(failed))))
    }
}

fn malformed(problem: &'static str) -> BpError {
    BpError::Malformed { statement: NAME, problem: problem.to_owned() }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn offers(statement: &Value) -> bool {
    let can = |kind: &str, interaction: &str| {
        list(&statement["rest"]).flat_map(|rest| list(&rest["resource"])).any(|resource| {
            resource["type"] == kind
                && list(&resource["interaction"]).any(|known| known["code"] == interaction)
        })
    };
    can("DocumentReference", "search-type") && can("Binary", "read")
}

/// The only document of a bundle, which must be the requested one.
fn found(
    bundle: &Value,
    key: &DocumentKey,
    system: &str,
) -> Result<Option<FhirFound>, &'static str> {
    let mut found = list(&bundle["entry"])
        .map(|entry| &entry["resource"])
        .filter(|resource| resource["resourceType"] == "DocumentReference")
        .filter(|resource| resource["status"] != "entered-in-error");
    let Some(reference) = found.next() else { return Ok(None) };
    if found.next().is_some() {
        return Err("several documents of one number");
    }
    // A server that ignores an unknown parameter could return another patient's document.
    let subject = reference["subject"]["reference"].as_str().unwrap_or_default();
    let patient = format!("Patient/{}", key.patient.0);
    if subject != patient && !subject.ends_with(&format!("/{patient}")) {
        return Err("another patient's document");
    }
    let number = key.document.0.to_string();
    let is_it = list(&reference["identifier"])
        .any(|known| known["system"] == system && known["value"] == number.as_str());
    if !is_it {
        return Err("another document than was asked for");
    }
    let about = About { dated: dated(reference), file_type: None };
    Ok(Some(FhirFound { about, document: content(reference)? }))
}

/// The document's own date, else the date of the care that it describes.
fn dated(reference: &Value) -> Option<Date> {
    let period = &reference["context"]["period"]["start"];
    [&reference["date"], period].into_iter().find_map(|date| date.as_str()?.get(..10)?.parse().ok())
}

fn content(reference: &Value) -> Result<FhirDocument, &'static str> {
    let mut contents = list(&reference["content"]).map(|content| &content["attachment"]);
    let Some(attachment) = contents.next() else { return Ok(FhirDocument::WithoutBytes) };
    if contents.next().is_some() {
        return Ok(FhirDocument::InParts);
    }
    if let Some(data) = attachment["data"].as_str() {
        return decoded(data).map(FhirDocument::Inline).ok_or("bad base64");
    }
    let id = attachment["url"]
        .as_str()
        .and_then(|url| url.rsplit_once("Binary/"))
        .map(|(_, id)| id)
        .filter(|id| id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte)))
        .ok_or("an attachment that is no Binary")?;
    let bytes = attachment["size"].as_u64();
    Ok(match bytes {
        Some(0) => FhirDocument::WithoutBytes,
        bytes => FhirDocument::Binary { id: id.to_owned(), bytes },
    })
}

#[cfg(test)]
mod tests {
    use domain::attachments::Folder;
    use domain::ids::{DocumentId, PatientId};
    use serde_json::json;

    use super::*;

    const KEY: DocumentKey = DocumentKey {
        patient: PatientId(7),
        folder: Folder::CorrespondenceIn,
        document: DocumentId(12),
    };

    fn bundle(patient: &str, system: &str, content: Value) -> Value {
        json!({"resourceType": "Bundle", "entry": [{"resource": {
            "resourceType": "DocumentReference", "status": "current",
            "subject": {"reference": patient},
            "identifier": [{"system": system, "value": "12"}],
            "content": content,
        }}]})
    }

    #[test]
    fn a_document_of_another_patient_or_folder_is_never_taken_for_the_one_asked_for() {
        let content = json!([{"attachment": {"url": "Binary/b-1", "size": 9}}]);
        let right = bundle("Patient/7", "in", content.clone());
        let document = FhirDocument::Binary { id: "b-1".to_owned(), bytes: Some(9) };
        let expected = FhirFound { about: About::default(), document };
        assert_eq!(found(&right, &KEY, "in"), Ok(Some(expected)));
        for (patient, system) in
            [("Patient/77", "in"), ("Patient/17", "in"), ("", "in"), ("Patient/7", "out")]
        {
            let wrong = bundle(patient, system, content.clone());
            assert!(found(&wrong, &KEY, "in").is_err(), "{patient} {system}");
        }
        let twice = json!({"entry": [right["entry"][0], right["entry"][0]]});
        assert!(found(&twice, &KEY, "in").is_err());
        assert_eq!(found(&json!({"resourceType": "Bundle"}), &KEY, "in"), Ok(None));
    }

    #[test]
    fn a_documents_date_is_its_own_else_that_of_what_it_tells_of() {
        for (reference, expected) in [
            (json!({"date": "2026-03-14T09:30:00+11:00"}), Some("2026-03-14")),
            (json!({"context": {"period": {"start": "2026-03-12"}}}), Some("2026-03-12")),
            (
                json!({"date": "2026-03-14", "context": {"period": {"start": "2026-03-12"}}}),
                Some("2026-03-14"),
            ),
            // A month is no day.
            (json!({"date": "2026-03"}), None),
            (json!({}), None),
        ] {
            let expected = expected.map(|day| day.parse().unwrap());
            assert_eq!(dated(&reference), expected, "{reference}");
        }
    }

    #[test]
    fn a_binary_is_named_by_a_plain_id_only() {
        for url in ["Binary/../Patient/1", "Binary/", "https://other.example/x", "Binary/a/b"] {
            let content = json!([{"attachment": {"url": url}}]);
            let found = found(&bundle("Patient/7", "in", content), &KEY, "in")
                .map(|found| found.map(|found| found.document));
            assert!(
                found.is_err()
                    || matches!(&found, Ok(Some(FhirDocument::Binary { id, .. })) if !id.contains('/')),
                "{url}: {found:?}"
            );
        }
    }
}
