//! `…/documents`: a document is announced, and then uploaded past us.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use document_bucket::PutTerms;
use domain::Invalid;
use domain::Sha256;
use domain::delivery::{AnnouncedDocument, ClientId, DocumentType, StoredDocument};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::{Object, ObjectBuilder, Type};
use uuid::Uuid;

use super::{CorrespondenceApp, no_answer};
use crate::App;
use crate::caller::{Allowed, Caller, SendReferrals};
use crate::input::{Body, Checker};
use crate::problem::{FieldError, Kind, Problem, ProblemBody};

/// A document outlasts its practice's absence: one that is accepted is kept for so much longer.
const LONGEST_ABSENCE: SignedDuration = SignedDuration::from_hours(14 * 24);

/// What is about to be uploaded.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DocumentRequest {
    /// The caller's own id: 1 to 64 letters, digits, hyphens, underscores and full stops.
    document_id: String,
    /// The bytes must be of this type.
    #[schema(schema_with = media_types)]
    content_type: String,
    /// The document's exact length.
    #[schema(minimum = 1)]
    bytes: i64,
    /// SHA-256 of the document, in hexadecimal digits.
    sha256: String,
}

fn media_types() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("The bytes must be of this type."))
        .enum_values(Some(DocumentType::ALL.map(DocumentType::media_type)))
        .build()
}

/// Where to upload it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UploadView {
    document_id: String,
    /// `PUT` the bytes here, without a token.
    upload_url: String,
    /// Headers to send along, word for word; the length goes without saying.
    upload_headers: BTreeMap<String, String>,
    /// Until when the upload must have begun. Announcing the same document again gives a new link.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

impl DocumentRequest {
    fn read(&self, largest: u64) -> Result<AnnouncedDocument, Problem> {
        let mut fields = Checker::default();
        let id = fields.check("/documentId", ClientId::parse(&self.document_id));
        let content_type = fields.check("/contentType", DocumentType::parse(&self.content_type));
        let length = u64::try_from(self.bytes).ok().filter(|bytes| *bytes > 0);
        let bytes = fields.check("/bytes", length.ok_or(Invalid("a document has at least 1 byte")));
        let sha256 = fields.check("/sha256", Sha256::parse(&self.sha256));
        let read = id.zip(content_type).zip(bytes).zip(sha256);
        let document =
            fields.finish(read.map(|(((document_id, content_type), bytes), sha256)| {
                AnnouncedDocument { document_id, content_type, bytes, sha256 }
            }))?;
        if document.bytes > largest {
            return Err(Problem {
                errors: vec![FieldError {
                    pointer: "/bytes".to_owned(),
                    message: format!("a document has at most {largest} bytes"),
                }],
                ..Problem::new(Kind::DocumentTooLarge)
            });
        }
        Ok(document)
    }
}

/// Announces a document, and gives a link for its upload.
#[utoipa::path(post, path = "/v1/practices/{practiceId}/documents", tag = "Correspondence",
    params(("practiceId" = String, Path)), request_body = DocumentRequest,
    responses((status = 201, body = UploadView), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn announce_document(
    State(app): State<Arc<CorrespondenceApp>>,
    allowed: Allowed<SendReferrals>,
    Body(request): Body<DocumentRequest>,
) -> Result<(StatusCode, Json<UploadView>), Problem> {
    // A person sends as the Bp user they are linked to. Without a link they may not send.
    if let Caller::Person { .. } = &allowed.caller {
        app.app.clinician(&allowed.practice, &allowed.caller).await?;
    }
    let announced = request.read(app.documents.largest_bytes)?;
    let now = App::now();
    let document = StoredDocument {
        announced,
        // A name that says nothing: it stands in links and in the bucket's own logs.
        key: format!("documents/{}", Uuid::new_v4().simple()),
        announced_at: now,
    };
    let (store, practice) = (&app.app.store, &allowed.practice);
    let kept = app.documents_kept();
    let known = store.announce_document(practice, &document, kept, LONGEST_ABSENCE).await?;
    if known.announced != document.announced {
        return Err(Problem::because(
            Kind::IdInUse,
            "Another document was announced under this documentId.",
        ));
    }
    let terms = PutTerms {
        bytes: known.announced.bytes,
        content_type: known.announced.content_type.media_type(),
        sha256: known.announced.sha256,
    };
    let link = app.documents.upload;
    let put = app.bucket().presign_put(&known.key, &terms, link).await.map_err(no_answer)?;
    let view = UploadView {
        document_id: known.announced.document_id.into(),
        upload_url: put.url,
        upload_headers: put
            .headers
            .into_iter()
            .filter(|(name, _)| {
                !name.eq_ignore_ascii_case("host") && !name.eq_ignore_ascii_case("content-length")
            })
            .collect(),
        expires_at: now + SignedDuration::try_from(link).unwrap_or_default(),
    };
    Ok((StatusCode::CREATED, Json(view)))
}

impl CorrespondenceApp {
    fn documents_kept(&self) -> SignedDuration {
        SignedDuration::try_from(self.documents.kept).unwrap_or(SignedDuration::MAX)
    }

    /// Whether a document will still be there when a practice comes back that goes away now.
    pub(super) fn outlasts_absence(&self, document: &StoredDocument, now: Timestamp) -> bool {
        is_kept_until(document, self.documents_kept(), now + LONGEST_ABSENCE)
    }
}

fn is_kept_until(document: &StoredDocument, kept: SignedDuration, moment: Timestamp) -> bool {
    // By comparison, so that no retention is too long for a date.
    moment.duration_since(document.announced_at) <= kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_taken_while_it_outlasts_two_weeks_of_absence() {
        let announced_at: Timestamp = "2026-03-02T00:00:00Z".parse().unwrap();
        let announced = request(10, "application/pdf").read(10).unwrap();
        let document = StoredDocument { announced, key: "documents/x".to_owned(), announced_at };
        let days = |days: i64| SignedDuration::from_hours(24 * days);
        let sent = |kept: i64, after: i64| {
            is_kept_until(&document, days(kept), announced_at + days(after) + LONGEST_ABSENCE)
        };
        assert!(sent(30, 0) && sent(30, 16));
        assert!(!sent(30, 17));
        assert!(sent(21, 7) && !sent(21, 8), "the shortest retention leaves a week to send");
    }

    fn request(bytes: i64, content_type: &str) -> DocumentRequest {
        DocumentRequest {
            document_id: "d-1".to_owned(),
            content_type: content_type.to_owned(),
            bytes,
            sha256: "ab".repeat(32),
        }
    }

    #[test]
    fn a_document_that_is_too_large_is_refused_before_anything_is_uploaded() {
        assert!(request(10, "application/pdf").read(10).is_ok());
        let problem = request(11, "application/pdf").read(10).unwrap_err();
        assert_eq!(problem.kind, Kind::DocumentTooLarge);
        assert_eq!(problem.errors[0].pointer, "/bytes");
    }

    #[test]
    fn everything_that_is_wrong_with_an_announcement_is_told_at_once() {
        let problem = DocumentRequest {
            document_id: "a/b".to_owned(),
            content_type: "application/zip".to_owned(),
            bytes: -1,
            sha256: "none".to_owned(),
        }
        .read(10)
        .unwrap_err();
        let pointers: Vec<_> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/documentId", "/contentType", "/bytes", "/sha256"]);
    }
}
