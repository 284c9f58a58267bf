//! `…/audit`: who read or changed which records.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::audit::AuditRecord;
use domain::ids::PatientId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use store::{AuditPlace, AuditQuery};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::caller::{Allowed, ReadAudit};
use crate::input::{Checker, Parameters, Span, page_size};
use crate::problem::{Problem, Problems};

/// Which audit lines to show. The last 24 hours by default.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditParameters {
    /// The start: a date (UTC) or an RFC 3339 instant. 24 hours ago by default.
    #[param(pattern = r"^\d{4}-\d{2}-\d{2}([Tt].+)?$", example = "2026-11-03")]
    from: Option<String>,
    /// The end: a date (UTC, included) or an RFC 3339 instant. Now by default.
    #[param(pattern = r"^\d{4}-\d{2}-\d{2}([Tt].+)?$", example = "2026-11-03T01:02:03.004Z")]
    to: Option<String>,
    /// Show only lines about this patient.
    patient_id: Option<i64>,
    /// The `nextCursor` of the previous page. Use it with the same `from`, `to` and `patientId`.
    cursor: Option<String>,
    /// The largest number of lines on a page: 1 to 200, 50 by default.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    limit: Option<String>,
}

/// A page of audit lines, oldest first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditTrail {
    items: Vec<AuditRecord>,
    /// The cursor of the next page. Null on the last page.
    next_cursor: Option<String>,
}

/// Where the next page begins, and where the trail ended when its first page was read.
#[derive(Deserialize, Serialize)]
struct AuditPosition {
    after: AuditPlace,
    to: Timestamp,
}

/// Show the audit trail, oldest first.
///
/// A page has at most 200 lines. With `patientId`, a page may be short or empty although more pages follow. The
/// pages show the trail as it was when the first of them was read.
#[utoipa::path(get, path = "/v1/practices/{practiceId}/audit", tag = "Audit",
    params(("practiceId" = String, Path), AuditParameters),
    responses((status = 200, body = AuditTrail), Problems))]
pub(crate) async fn read_audit_trail(
    State(app): State<Arc<App>>,
    allowed: Allowed<ReadAudit>,
    Parameters(parameters): Parameters<AuditParameters>,
) -> Result<Json<AuditTrail>, Problem> {
    let now = App::now();
    let mut fields = Checker::default();
    let span = Span::read(&mut fields, parameters.from.as_ref(), parameters.to.as_ref());
    let patient =
        parameters.patient_id.and_then(|id| fields.check("patientId", PatientId::parse(id)));
    let limit = page_size(&mut fields, parameters.limit.as_ref());
    let (span, limit) = fields.finish(span.zip(limit))?;
    let (practice, caller) = (&allowed.practice, allowed.caller.subject());
    let key = app.cursors()?.key().await?;
    let list = ("audit", practice, caller, span.from, span.to, patient);
    let position: Option<AuditPosition> = key.begin(&list, parameters.cursor.as_ref())?;
    let (after, to) = match position {
        Some(AuditPosition { after, to }) => (Some(after), to),
        None => (None, span.to.unwrap_or_else(|| now + SignedDuration::from_secs(1))),
    };
    let from = span.from.unwrap_or_else(|| now - SignedDuration::from_hours(24));
    let query = AuditQuery { from, to, patient, after, most: limit.get() };
    let page = app.store.audit_trail(practice, &query).await?;
    let next = page.next.map(|after| key.seal(&list, &AuditPosition { after, to }));
    Ok(Json(AuditTrail { items: page.records, next_cursor: next }))
}
