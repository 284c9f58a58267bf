//! Handlers for imports.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use document_bucket::Disposition;
use domain::audit::AuditedAction;
use domain::ids::PatientId;
use domain::imports::{Import, ImportId, Item, Selections};
use serde::Deserialize;
use store::{Created, ImportRecord, StoreError};
use utoipa::{IntoParams, ToSchema};

use super::progress::{CopyLinks, signed, unknown_import};
use super::request::ImportRequest;
use super::view::ImportView;
use crate::accepted::Accepted;
use crate::app::App;
use crate::audit::AuditEntry;
use crate::caller::{Allowed, ReadPatients};
use crate::input::{Body, Parameters};
use crate::problem::{Problem, ProblemType, Problems};
use crate::routes::patients::PatientPath;

/// The path of an import.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportPath {
    import_id: String,
}

impl ImportPath {
    /// A text that cannot be an import's id belongs to no import.
    fn import(&self) -> Result<ImportId, Problem> {
        ImportId::parse(&self.import_id).map_err(|_| unknown_import())
    }
}

/// How an import is shown.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportParameters {
    /// What a browser does with the links. `attachment`, the default, saves a file. `inline` shows PDF,
    /// images and plain text, and saves everything else.
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

/// Start an import of documents.
///
/// Copies the chosen documents from Bp. The same `importId` with the same content is the same import.
#[utoipa::path(post, path = "/v1/practices/{practiceId}/patients/{patientId}/attachment-imports", tag = "Attachments",
    params(("practiceId" = String, Path), ("patientId" = i64, Path)), request_body = ImportRequest,
    responses((status = 202, body = ImportView), Problems))]
pub(crate) async fn start_import(
    State(app): State<Arc<App>>,
    allowed: Allowed<ReadPatients>,
    path: Path<PatientPath>,
    Body(request): Body<ImportRequest>,
) -> Result<Accepted<ImportView>, Problem> {
    let copies = &app.copies()?.config;
    let patient = path.patient()?;
    let (id, selections) = request.parse()?;
    let practice = &allowed.practice;
    let now = App::now();
    // A known import is answered as it is, even if the practice is no longer connected.
    let mut known = app.store.import(practice, &id, now).await?;
    let links = if let Some(record) = &known {
        app.may_see(&allowed, record).await?
    } else {
        let (connection, _) = app.open_for_clinician(practice, &allowed.caller).await?;
        let entry = AuditEntry::of(AuditedAction::AttachmentsImported).about(vec![patient]);
        app.record(practice, &allowed.caller, entry.with(id.as_str())).await?;
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
            // Another request created the import at the same moment.
            (Created::Exists, Some(record)) => app.may_see(&allowed, record).await?,
            _ => CopyLinks::Shown,
        }
    };
    let record = known.ok_or_else(unknown_import)?;
    if !is_same(&record, patient, &selections) {
        return Err(Problem::because(
            ProblemType::IdInUse,
            "There is already an import with this id and other documents.",
        ));
    }
    // A repeated request wakes the importer too, because the first request may have failed before that.
    app.wake_importer(practice, &id, &record, Item::is_untouched).await?;
    let view = app.show_import(&allowed, &id, &record, links, Disposition::Attachment).await?;
    Ok(Accepted::at(format!("../../attachment-imports/{}", id.as_str()), view))
}

/// Show an import.
///
/// Shows the progress of each document, with new links to the copies.
#[utoipa::path(get, path = "/v1/practices/{practiceId}/attachment-imports/{importId}", tag = "Attachments",
    params(("practiceId" = String, Path), ("importId" = String, Path), ImportParameters),
    responses((status = 200, body = ImportView), Problems))]
pub(crate) async fn read_import(
    State(app): State<Arc<App>>,
    allowed: Allowed<ReadPatients>,
    path: Path<ImportPath>,
    Parameters(parameters): Parameters<ImportParameters>,
) -> Result<Json<ImportView>, Problem> {
    let id = path.import()?;
    let practice = &allowed.practice;
    let record = app.import(practice, &id).await?;
    let links = app.may_see(&allowed, &record).await?;
    if app.wake_importer(practice, &id, &record, |_| false).await.is_err() {
        // The next request wakes it.
        tracing::warn!(practice = practice.as_str(), "documents could not be woken");
    }
    let disposition = parameters.disposition.into();
    app.show_import(&allowed, &id, &record, links, disposition).await.map(Json)
}

/// Retry the failed documents of an import.
#[utoipa::path(post, path = "/v1/practices/{practiceId}/attachment-imports/{importId}/retry", tag = "Attachments",
    params(("practiceId" = String, Path), ("importId" = String, Path)),
    responses((status = 202, body = ImportView), Problems))]
pub(crate) async fn retry_import(
    State(app): State<Arc<App>>,
    allowed: Allowed<ReadPatients>,
    path: Path<ImportPath>,
) -> Result<Accepted<ImportView>, Problem> {
    let id = path.import()?;
    let practice = &allowed.practice;
    let mut record = app.import(practice, &id).await?;
    let links = app.may_see(&allowed, &record).await?;
    if record.import.cancelled_at.is_some() {
        return Err(Problem::because(
            ProblemType::ImportCancelled,
            "This import was cancelled, and its copies were removed.",
        ));
    }
    let (connection, _) = app.open_for_clinician(practice, &allowed.caller).await?;
    if connection.database() != record.import.site {
        return Err(Problem::new(ProblemType::PracticeChanged));
    }
    let patients = vec![record.import.patient];
    let entry = AuditEntry::of(AuditedAction::AttachmentsImported).about(patients);
    app.record(practice, &allowed.caller, entry.with(id.as_str())).await?;
    for item in &mut record.items {
        let Some(queued) = item.state.clone().retry(App::now()) else { continue };
        match app.store.move_import_item(practice, &id, item, queued).await {
            Ok(moved) => *item = moved,
            // Another request retried or cancelled it at the same moment.
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    app.wake_importer(practice, &id, &record, Item::is_untouched).await?;
    let record = app.import(practice, &id).await?;
    let view = app.show_import(&allowed, &id, &record, links, Disposition::Attachment).await?;
    Ok(Accepted::at(format!("../{}", id.as_str()), view))
}

/// Cancel an import and remove its copies.
#[utoipa::path(delete, path = "/v1/practices/{practiceId}/attachment-imports/{importId}", tag = "Attachments",
    params(("practiceId" = String, Path), ("importId" = String, Path)),
    responses((status = 204), Problems))]
pub(crate) async fn cancel_import(
    State(app): State<Arc<App>>,
    allowed: Allowed<ReadPatients>,
    path: Path<ImportPath>,
) -> Result<StatusCode, Problem> {
    let id = path.import()?;
    let practice = &allowed.practice;
    let record = app.import(practice, &id).await?;
    app.may_see(&allowed, &record).await?;
    if record.import.cancelled_at.is_none() {
        app.store.cancel_import(practice, &id, App::now()).await?;
    }
    for item in record.items {
        app.cancel_import_item(practice, &id, item).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

fn is_same(record: &ImportRecord, patient: PatientId, selections: &Selections) -> bool {
    record.import.patient == patient
        && record.items.iter().map(|item| &item.selection).eq(selections.as_slice())
}
