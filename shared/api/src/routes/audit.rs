//! `…/audit`: who read or changed which records.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::audit::AuditRecord;
use domain::ids::PatientId;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use store::AuditQuery;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::caller::{Allowed, ReadAudit};
use crate::input::{Checker, Parameters};
use crate::problem::{Problem, Problems};

/// Which audit lines to show. The last 24 hours by default.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditParameters {
    /// The start: a date (UTC) or an instant.
    from: Option<String>,
    /// The end: a date (UTC, included) or an instant.
    to: Option<String>,
    /// Show only lines about this patient.
    patient_id: Option<i64>,
}

/// Audit lines, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditTrail {
    records: Vec<AuditRecord>,
    /// Whether there are more lines. If so, ask for a shorter time.
    more: bool,
}

/// Show the audit trail.
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
    let from = match &parameters.from {
        Some(text) => fields.check("from", instant(text, 0)),
        None => Some(now - SignedDuration::from_hours(24)),
    };
    let to = match &parameters.to {
        Some(text) => fields.check("to", instant(text, 1)),
        None => Some(now + SignedDuration::from_secs(1)),
    };
    let patient =
        parameters.patient_id.and_then(|id| fields.check("patientId", PatientId::parse(id)));
    let (from, to) = fields.finish(from.zip(to))?;
    let page = app.store.audit_trail(&allowed.practice, &AuditQuery { from, to, patient }).await?;
    Ok(Json(AuditTrail { records: page.records, more: page.more }))
}

/// An instant, or the start of a date plus this many days.
fn instant(text: &str, days_later: i64) -> Result<Timestamp, domain::Invalid> {
    let wrong = domain::Invalid("this is a date (YYYY-MM-DD) or an RFC 3339 instant");
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let date: Date = text.parse().map_err(|_| wrong)?;
    let start = date.to_zoned(TimeZone::UTC).map_err(|_| wrong)?.timestamp();
    Ok(start + SignedDuration::from_hours(24 * days_later))
}
