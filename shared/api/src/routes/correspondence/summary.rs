//! `…/referrals/{referralId}/summary`: the summary that went with a referral, as FHIR.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use document_bucket::DocumentBucketError;
use domain::audit::AuditedAction;
use domain::delivery::{ClientId, Delivery, DeliveryId};
use store::work::WorkKey;

use super::documents::bucket_unavailable;
use super::submit::ReferralPath;
use crate::app::App;
use crate::audit::AuditEntry;
use crate::caller::{Allowed, Caller, SeeSentSummaries};
use crate::problem::{Problem, ProblemType, Problems};
use crate::routes::clinical::FhirDocument;

const FHIR_R4: &str = "application/fhir+json; fhirVersion=4.0";

/// Show the summary that went with a referral, as FHIR.
///
/// These are the facts that Bp received as a PDF: a document Bundle (FHIR R4). They are available once the
/// summary is in Bp, and for as long as sent documents are kept.
#[utoipa::path(get, path = "/v1/practices/{practiceId}/referrals/{referralId}/summary", tag = "Correspondence",
    params(("practiceId" = String, Path), ("referralId" = String, Path, description = "The caller's own id")),
    responses((status = 200, body = FhirDocument, content_type = "application/fhir+json"), Problems))]
pub(crate) async fn read_referral_summary(
    State(app): State<Arc<App>>,
    allowed: Allowed<SeeSentSummaries>,
    Path(path): Path<ReferralPath>,
) -> Result<Response, Problem> {
    let practice = &allowed.practice;
    if matches!(allowed.caller, Caller::Person { .. }) {
        app.clinician(practice, &allowed.caller).await?;
    }
    let unknown =
        || Problem::because(ProblemType::NotFound, "No summary goes with a referral of this id.");
    let id = ClientId::parse(&path.referral_id).map_err(|_| unknown())?;
    let key = WorkKey::delivery(DeliveryId::of_summary(&id).as_str());
    let entry = app.store.work(practice, &key).await?.ok_or_else(unknown)?;
    let summary = entry.read::<Delivery>()?.body;
    let kept = summary.delivered_summary();
    let not_ready = || {
        let detail =
            "Bp receives the summary after the letter. It can be read here once it is in Bp.";
        Problem::because(ProblemType::SummaryNotReady, detail)
    };
    let fhir = &kept.ok_or_else(not_ready)?.fhir;
    let document = app.uploads()?.bucket.read(&fhir.key, fhir.sha256, fhir.bytes).await;
    let document = document.map_err(|error| match error {
        DocumentBucketError::NotFound => Problem::new(ProblemType::SummaryExpired),
        error => bucket_unavailable(error),
    })?;
    let line = AuditEntry::of(AuditedAction::ReferralSummaryShown)
        .about(summary.patient().into_iter().collect())
        .with(summary.delivery_id.as_str());
    app.record(practice, &allowed.caller, line).await?;
    Ok(([(CONTENT_TYPE, FHIR_R4)], document).into_response())
}
