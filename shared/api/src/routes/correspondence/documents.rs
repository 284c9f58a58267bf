//! `…/documents`: a caller announces a document and gets a link. The bytes are uploaded to the bucket, not
//! through this API.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use document_bucket::{DocumentBucketError, PutTerms};
use domain::Invalid;
use domain::Sha256;
use domain::delivery::{AnnouncedDocument, ClientId, DocumentType, StoredDocument};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::{Object, ObjectBuilder, Type};
use uuid::Uuid;

use crate::app::{App, Uploads};
use crate::caller::{Allowed, Caller, SendReferrals};
use crate::input::{Body, Checker};
use crate::problem::{FieldError, Problem, ProblemType, Problems};

/// How long a practice may be offline. A document is only accepted if it is kept for at least this time.
const LONGEST_ABSENCE: SignedDuration = SignedDuration::from_hours(14 * 24);

/// A document that the caller is going to upload.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DocumentRequest {
    /// The caller's own id: 1 to 64 letters, digits, hyphens, underscores and full stops.
    #[schema(pattern = "^[A-Za-z0-9._-]{1,64}$")]
    document_id: String,
    /// The bytes must be of this type.
    #[schema(schema_with = media_types)]
    content_type: String,
    /// The exact length of the document.
    #[schema(minimum = 1)]
    bytes: i64,
    /// SHA-256 of the document, in hexadecimal digits.
    #[schema(pattern = "^[0-9A-Fa-f]{64}$")]
    sha256: String,
}

fn media_types() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("The bytes must be of this type."))
        .enum_values(Some(DocumentType::ALL.map(DocumentType::media_type)))
        .build()
}

/// Where to upload the document.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UploadView {
    document_id: String,
    /// The URL for the upload. Use `PUT`, without a token.
    upload_url: String,
    /// Headers that the upload must send exactly like this, in addition to its length.
    upload_headers: BTreeMap<String, String>,
    /// The upload must start before this time. Announce the same document again to get a new link.
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "domain::instant::serialize")]
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
                ..Problem::new(ProblemType::DocumentTooLarge)
            });
        }
        Ok(document)
    }
}

/// Announce a document.
///
/// Gives a link for the upload.
#[utoipa::path(post, path = "/v1/practices/{practiceId}/documents", tag = "Correspondence",
    params(("practiceId" = String, Path)), request_body = DocumentRequest,
    responses((status = 201, body = UploadView), Problems))]
pub(crate) async fn announce_document(
    State(app): State<Arc<App>>,
    allowed: Allowed<SendReferrals>,
    Body(request): Body<DocumentRequest>,
) -> Result<(StatusCode, Json<UploadView>), Problem> {
    let uploads = app.uploads()?;
    // A person sends as the Bp user that they are linked to, so they need a link.
    if let Caller::Person { .. } = &allowed.caller {
        app.clinician(&allowed.practice, &allowed.caller).await?;
    }
    let announced = request.read(uploads.config.largest_bytes)?;
    let now = App::now();
    let document = StoredDocument {
        announced,
        // A random name, because it appears in links and in the bucket's logs.
        key: format!("documents/{}", Uuid::new_v4().simple()),
        announced_at: now,
    };
    let (store, practice) = (&app.store, &allowed.practice);
    let kept = uploads.retention();
    let known = store.announce_document(practice, &document, kept, LONGEST_ABSENCE).await?;
    if known.announced != document.announced {
        return Err(Problem::because(
            ProblemType::IdInUse,
            "Another document was announced under this documentId.",
        ));
    }
    let terms = PutTerms {
        bytes: known.announced.bytes,
        content_type: known.announced.content_type.media_type(),
        sha256: known.announced.sha256,
    };
    let link = uploads.config.upload;
    let put =
        uploads.bucket.presign_put(&known.key, &terms, link).await.map_err(bucket_unavailable)?;
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

impl Uploads {
    fn retention(&self) -> SignedDuration {
        SignedDuration::try_from(self.config.kept).unwrap_or(SignedDuration::MAX)
    }

    /// Whether the document is still kept after [`LONGEST_ABSENCE`].
    pub(super) fn outlasts_absence(&self, document: &StoredDocument, now: Timestamp) -> bool {
        is_kept_until(document, self.retention(), now + LONGEST_ABSENCE)
    }
}

/// The problem when the bucket fails.
pub(super) fn bucket_unavailable(error: DocumentBucketError) -> Problem {
    tracing::error!(%error, "the bucket is not available");
    Problem::new(ProblemType::StorageUnavailable).retry_after(5)
}

fn is_kept_until(document: &StoredDocument, kept: SignedDuration, moment: Timestamp) -> bool {
    // Compared as durations, because a long retention could be too large for a date.
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
        assert_eq!(problem.kind, ProblemType::DocumentTooLarge);
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
