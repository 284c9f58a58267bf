//! `…/deliveries`: shows, lists and retries deliveries.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use domain::audit::AuditedAction;
use domain::delivery::{Delivery, DeliveryId, DeliveryKind, DeliveryState};
use domain::ids::PracticeId;
use serde::Deserialize;
use store::StoreError;
use store::deliveries::{DeliveryQuery, listing};
use store::work::{Entry, WorkKey};
use utoipa::IntoParams;

use super::view::{DeliveryPage, DeliveryView};
use crate::accepted::Accepted;
use crate::app::App;
use crate::audit::AuditEntry;
use crate::caller::{Allowed, Caller, SeeDeliveries, SendReferrals};
use crate::input::{Checker, Parameters, Span, page_size};
use crate::problem::{Problem, ProblemType, Problems};

/// How often a delivery is read and changed again after a conflict.
const ATTEMPTS: u32 = 4;

/// The path of a delivery.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeliveryPath {
    delivery_id: String,
}

/// Which deliveries to list.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeliveryParameters {
    /// List only deliveries in this state. All states by default.
    #[param(value_type = Option<DeliveryState>)]
    state: Option<String>,
    /// List only deliveries of this kind. All kinds by default.
    #[param(value_type = Option<DeliveryKind>)]
    kind: Option<String>,
    /// List only deliveries that were accepted from this date (UTC) or RFC 3339 instant on.
    #[param(pattern = r"^\d{4}-\d{2}-\d{2}([Tt].+)?$", example = "2026-11-03")]
    from: Option<String>,
    /// List only deliveries that were accepted up to this date (UTC, included), or before this RFC 3339 instant.
    #[param(pattern = r"^\d{4}-\d{2}-\d{2}([Tt].+)?$", example = "2026-11-03T01:02:03.004Z")]
    to: Option<String>,
    /// The `nextCursor` of the previous page. Use it with the same `state`, `kind`, `from` and `to`.
    cursor: Option<String>,
    /// The largest number of deliveries on a page: 1 to 200, 50 by default.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    limit: Option<String>,
}

/// Show a delivery.
#[utoipa::path(get, path = "/v1/practices/{practiceId}/deliveries/{deliveryId}", tag = "Correspondence",
    params(("practiceId" = String, Path), ("deliveryId" = String, Path)),
    responses((status = 200, body = DeliveryView), Problems))]
pub(crate) async fn read_delivery(
    State(app): State<Arc<App>>,
    allowed: Allowed<SeeDeliveries>,
    Path(path): Path<DeliveryPath>,
) -> Result<Json<DeliveryView>, Problem> {
    let entry = app.delivery(&allowed.practice, &path).await?;
    Ok(Json(app.delivery_view(&allowed.practice, entry.body).await?))
}

/// List the practice's deliveries, newest first.
///
/// A page has at most 200 deliveries. With `kind`, a page may be short or empty although more pages follow. While a new version of the service is being deployed, a delivery may be missing for some minutes.
#[utoipa::path(get, path = "/v1/practices/{practiceId}/deliveries", tag = "Correspondence",
    params(("practiceId" = String, Path), DeliveryParameters),
    responses((status = 200, body = DeliveryPage), Problems))]
pub(crate) async fn list_deliveries(
    State(app): State<Arc<App>>,
    allowed: Allowed<SeeDeliveries>,
    Parameters(parameters): Parameters<DeliveryParameters>,
) -> Result<Json<DeliveryPage>, Problem> {
    let practice = &allowed.practice;
    let mut fields = Checker::default();
    let state = match &parameters.state {
        Some(text) => fields.check("state", DeliveryState::parse(text)).map(Some),
        None => Some(None),
    };
    let kind = match &parameters.kind {
        Some(text) => fields.check("kind", DeliveryKind::parse(text)).map(Some),
        None => Some(None),
    };
    let span = Span::read(&mut fields, parameters.from.as_ref(), parameters.to.as_ref());
    let limit = page_size(&mut fields, parameters.limit.as_ref());
    let ((state, kind), (Span { from, to }, limit)) =
        fields.finish(state.zip(kind).zip(span.zip(limit)))?;
    let key = app.cursors()?.key().await?;
    let list = ("deliveries", practice, allowed.caller.subject(), state, kind, from, to);
    let after = key.begin(&list, parameters.cursor.as_ref())?;
    let query = DeliveryQuery { state, kind, from, to, after, most: limit.get() };
    let found = app.store.deliveries(practice, &query).await?;
    let items = found.deliveries.into_iter().map(DeliveryView::from).collect();
    let next_cursor = found.next.map(|next| key.seal(&list, &next));
    Ok(Json(DeliveryPage { items, next_cursor }))
}

/// Retry a failed delivery.
///
/// Bp is asked first whether the delivery arrived, so it is never written twice. If a linked clinician retries a
/// patient's summary, the record is read on behalf of this clinician.
#[utoipa::path(post, path = "/v1/practices/{practiceId}/deliveries/{deliveryId}/retry", tag = "Correspondence",
    params(("practiceId" = String, Path), ("deliveryId" = String, Path)),
    responses((status = 202, body = DeliveryView), Problems))]
pub(crate) async fn retry_delivery(
    State(app): State<Arc<App>>,
    allowed: Allowed<SendReferrals>,
    Path(path): Path<DeliveryPath>,
) -> Result<Accepted<DeliveryView>, Problem> {
    let practice = &allowed.practice;
    if matches!(allowed.caller, Caller::Person { .. }) {
        app.clinician(practice, &allowed.caller).await?;
    }
    for attempt in 0..ATTEMPTS {
        let entry = app.delivery(practice, &path).await?;
        match entry.body.state {
            DeliveryState::Failed if entry.body.waits_for_letter_again() => {
                return Err(Problem::because(
                    ProblemType::Conflict,
                    "The referral of this summary has failed. Retry the referral: its summary follows it.",
                ));
            }
            DeliveryState::Failed => {}
            DeliveryState::Delivered | DeliveryState::Checked | DeliveryState::Removed => {
                return Err(Problem::new(ProblemType::AlreadyDelivered));
            }
            // The delivery is on its way already.
            _ => {
                let view = app.delivery_view(practice, entry.body).await?;
                return Ok(Accepted::at(format!("../{}", path.delivery_id), view));
            }
        }
        let now = App::now();
        let mut delivery = entry.body.clone();
        delivery.retry(now).map_err(|_| Problem::new(ProblemType::Conflict))?;
        // A platform reads no record for itself, so it does not change on whose behalf the record is read.
        if matches!(allowed.caller, Caller::Person { .. }) {
            delivery.asked_again_by(allowed.caller.subject());
        }
        if attempt == 0 {
            let patients = delivery.patient().into_iter().collect();
            let entry = AuditEntry::of(AuditedAction::DeliveryRetried).about(patients);
            let entry = entry.with(delivery.delivery_id.as_str());
            app.record(practice, &allowed.caller, entry).await?;
        }
        let hash = entry.hash.clone();
        let entry = entry.reopened(delivery.clone(), hash, &listing(&delivery), now);
        match app.store.reopen_work(practice, &entry, now).await {
            Ok(()) => {
                app.wake_writer(practice).await;
                let view = app.delivery_view(practice, delivery).await?;
                return Ok(Accepted::at(format!("../{}", path.delivery_id), view));
            }
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::new(ProblemType::Conflict))
}

impl App {
    /// A delivery as callers see it. Reads the table once more if a summary goes with it.
    pub(super) async fn delivery_view(
        &self,
        practice: &PracticeId,
        delivery: Delivery,
    ) -> Result<DeliveryView, Problem> {
        let Some(id) = delivery.summary_id() else { return Ok(delivery.into()) };
        let key = WorkKey::delivery(id.as_str());
        let summary = self.store.work(practice, &key).await?;
        let summary = summary.map(|entry| entry.read::<Delivery>()).transpose()?;
        let view = DeliveryView::from(delivery);
        Ok(match summary {
            Some(summary) => view.with_summary(practice, &summary.body),
            None => view,
        })
    }

    async fn delivery(
        &self,
        practice: &PracticeId,
        path: &DeliveryPath,
    ) -> Result<Entry<Delivery>, Problem> {
        let unknown =
            || Problem::because(ProblemType::NotFound, "The practice has no such delivery.");
        let id = DeliveryId::parse(&path.delivery_id).map_err(|_| unknown())?;
        let key = WorkKey::delivery(id.as_str());
        let entry = self.store.work(practice, &key).await?.ok_or_else(unknown)?;
        Ok(entry.read::<Delivery>()?)
    }
}
