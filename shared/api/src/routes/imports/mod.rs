//! `…/attachment-imports`: copies of chosen documents, for the referral form (referral guide, "Import
//! attachments"). The table holds what is to be done before anybody is told that it will be.

mod keep;
mod request;
mod view;

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use config::CopiesConfig;
use document_bucket::Disposition;
use domain::audit::AuditedAction;
use domain::ids::PatientId;
use domain::imports::{Import, ImportId, Item, Selections};
use jiff::SignedDuration;
use serde::Deserialize;
use store::{Created, ImportRecord, StoreError};
use utoipa::{IntoParams, ToSchema};

use self::keep::Copies;
pub(crate) use self::request::ImportRequest;
pub use self::view::ImportView;
use super::patients::PatientPath;
use crate::App;
use crate::caller::{Allowed, ReadPatients};
use crate::input::{Body, Parameters};
use crate::problem::{Kind, Problem, ProblemBody};
use crate::tools::{Bucket, Wakes};
use crate::trail::Deed;

/// What the routes of imports work with.
#[derive(Debug)]
pub struct ImportsApp {
    /// Bp and the table.
    pub app: App,
    /// How long copies are kept.
    pub copies: CopiesConfig,
    /// What wakes the importer.
    pub wakes: Wakes,
    /// Where copies are.
    pub bucket: Bucket,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportPath {
    import_id: String,
}

impl ImportPath {
    /// Whatever cannot be an import's id is nobody's.
    fn import(&self) -> Result<ImportId, Problem> {
        ImportId::parse(&self.import_id).map_err(|_| unknown())
    }
}

/// How an import is shown.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportParameters {
    /// What a browser does with the links: `attachment`, unless something else is said, saves a file;
    /// `inline` shows PDF, images and plain text, and saves anything else.
    #[serde(default)]
    #[param(inline)]
    disposition: LinkDisposition,
}

/// What a browser does with a link.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum LinkDisposition {
    #[default]
    Attachment,
    Inline,
}

impl From<LinkDisposition> for Disposition {
    fn from(wanted: LinkDisposition) -> Self {
        match wanted {
            LinkDisposition::Attachment => Self::Attachment,
            LinkDisposition::Inline => Self::Inline,
        }
    }
}

fn unknown() -> Problem {
    Problem::because(
        Kind::NotFound,
        "The practice has no import with this id. Finished imports are removed after some time.",
    )
}

/// Start copying documents. The same `importId` with the same content is the same import.
#[utoipa::path(post, path = "/v1/practices/{practiceId}/patients/{patientId}/attachment-imports", tag = "Attachments",
    params(("practiceId" = String, Path), ("patientId" = i64, Path)), request_body = ImportRequest,
    responses((status = 202, body = ImportView), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn start_import(
    State(imports): State<Arc<ImportsApp>>,
    allowed: Allowed<ReadPatients>,
    path: Path<PatientPath>,
    Body(request): Body<ImportRequest>,
) -> Result<(StatusCode, Json<ImportView>), Problem> {
    let ImportsApp { app, copies, .. } = &*imports;
    let patient = path.patient()?;
    let (id, selections) = request.parse()?;
    let practice = &allowed.practice;
    let now = App::now();
    // What was asked for before is answered as it stands, whatever has become of the connection.
    let mut known = app.store.import(practice, &id, now).await?;
    let copies_shown = if let Some(record) = &known {
        imports.may_see(&allowed, record).await?
    } else {
        let (connection, _) = app.open_for_clinician(practice, &allowed.caller).await?;
        let asked = Deed::of(AuditedAction::AttachmentsImported).about(vec![patient]);
        app.note(practice, &allowed.caller, asked.with(id.as_str())).await?;
        let import = Import {
            site: connection.database(),
            patient,
            asked_by: allowed.caller.subject().clone(),
            asked_at: now,
            documents: u32::try_from(selections.as_slice().len()).unwrap_or(u32::MAX),
            cancelled_at: None,
        };
        let expires_at = now + signed(copies.kept) + signed(copies.give_up);
        let created =
            app.store.create_import(practice, &id, &import, &selections, expires_at).await?;
        known = app.store.import(practice, &id, now).await?;
        match (created, &known) {
            // Somebody else was first: theirs is looked at.
            (Created::Exists, Some(record)) => imports.may_see(&allowed, record).await?,
            _ => Copies::Shown,
        }
    };
    let record = known.ok_or_else(unknown)?;
    if !is_same(&record, patient, &selections) {
        return Err(Problem::because(
            Kind::IdInUse,
            "There is an import of this id with other documents.",
        ));
    }
    // A repeated request wakes what an earlier one may not have woken.
    imports.wake(practice, &id, &record, Item::is_untouched).await?;
    imports
        .show(&allowed, &id, &record, copies_shown, Disposition::Attachment)
        .await
        .map(|view| (StatusCode::ACCEPTED, Json(view)))
}

/// How far an import is, with fresh links to what is there.
#[utoipa::path(get, path = "/v1/practices/{practiceId}/attachment-imports/{importId}", tag = "Attachments",
    params(("practiceId" = String, Path), ("importId" = String, Path), ImportParameters),
    responses((status = 200, body = ImportView), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn read_import(
    State(imports): State<Arc<ImportsApp>>,
    allowed: Allowed<ReadPatients>,
    path: Path<ImportPath>,
    Parameters(wanted): Parameters<ImportParameters>,
) -> Result<Json<ImportView>, Problem> {
    let id = path.import()?;
    let practice = &allowed.practice;
    let record = imports.record(practice, &id).await?;
    let copies = imports.may_see(&allowed, &record).await?;
    if imports.wake(practice, &id, &record, |_| false).await.is_err() {
        // The next look wakes them.
        tracing::warn!(practice = practice.as_str(), "documents could not be woken");
    }
    imports.show(&allowed, &id, &record, copies, wanted.disposition.into()).await.map(Json)
}

/// Try what failed once more.
#[utoipa::path(post, path = "/v1/practices/{practiceId}/attachment-imports/{importId}/retry", tag = "Attachments",
    params(("practiceId" = String, Path), ("importId" = String, Path)),
    responses((status = 202, body = ImportView), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn retry_import(
    State(imports): State<Arc<ImportsApp>>,
    allowed: Allowed<ReadPatients>,
    path: Path<ImportPath>,
) -> Result<(StatusCode, Json<ImportView>), Problem> {
    let app = &imports.app;
    let id = path.import()?;
    let practice = &allowed.practice;
    let mut record = imports.record(practice, &id).await?;
    let copies = imports.may_see(&allowed, &record).await?;
    if record.import.cancelled_at.is_some() {
        return Err(Problem::because(
            Kind::ImportCancelled,
            "Start another import: of this one nothing is kept.",
        ));
    }
    let (connection, _) = app.open_for_clinician(practice, &allowed.caller).await?;
    if connection.database() != record.import.site {
        return Err(Problem::new(Kind::PracticeChanged));
    }
    let asked = Deed::of(AuditedAction::AttachmentsImported).about(vec![record.import.patient]);
    app.note(practice, &allowed.caller, asked.with(id.as_str())).await?;
    for item in &mut record.items {
        let Some(queued) = item.state.clone().retry(App::now()) else { continue };
        match app.store.move_import_item(practice, &id, item, queued).await {
            Ok(moved) => *item = moved,
            // Somebody retried or cancelled it at the same moment.
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    imports.wake(practice, &id, &record, Item::is_untouched).await?;
    let record = imports.record(practice, &id).await?;
    imports
        .show(&allowed, &id, &record, copies, Disposition::Attachment)
        .await
        .map(|view| (StatusCode::ACCEPTED, Json(view)))
}

/// Stop an import and remove its copies.
#[utoipa::path(delete, path = "/v1/practices/{practiceId}/attachment-imports/{importId}", tag = "Attachments",
    params(("practiceId" = String, Path), ("importId" = String, Path)),
    responses((status = 204), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn cancel_import(
    State(imports): State<Arc<ImportsApp>>,
    allowed: Allowed<ReadPatients>,
    path: Path<ImportPath>,
) -> Result<StatusCode, Problem> {
    let id = path.import()?;
    let practice = &allowed.practice;
    let record = imports.record(practice, &id).await?;
    imports.may_see(&allowed, &record).await?;
    if record.import.cancelled_at.is_none() {
        imports.app.store.cancel_import(practice, &id, App::now()).await?;
    }
    for item in record.items {
        imports.cancel(practice, &id, item).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

fn is_same(record: &ImportRecord, patient: PatientId, selections: &Selections) -> bool {
    record.import.patient == patient
        && record.items.iter().map(|item| &item.selection).eq(selections.as_slice())
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
