//! `…/attachment-imports`: copies of chosen documents, for the referral form (referral guide, "Import
//! attachments"). The table holds what is to be done before anybody is told that it will be.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_types::sdk_config::SdkConfig;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::attachments::Folder;
use domain::audit::AuditedAction;
use domain::ids::{DocumentId, PracticeId};
use domain::imports::{
    Category, Import, ImportId, ImportState, Item, NoSelections, Selection, Selections, StagedCopy,
};
use jiff::{SignedDuration, Timestamp};
use runtime::clients;
use runtime::config::{CopiesConfig, QueueConfig};
use runtime::queues::Queues;
use serde::Deserialize;
use store::{Created, ImportRecord, StoreError, StoredItem};
use utoipa::ToSchema;
use vault::Vault;

use super::import_view::{ImportView, Link};
use super::patients::PatientPath;
use crate::App;
use crate::caller::{Allowed, ReadPatients};
use crate::input::{Body, Checker};
use crate::problem::{Kind, Problem, ProblemBody};

/// What the routes of imports work with. The queue's and the bucket's clients are made by the first
/// request that needs them: the list of documents, in the same function, never does.
#[derive(Debug)]
pub struct ImportsApp {
    app: App,
    aws: SdkConfig,
    copies: CopiesConfig,
    queue_urls: QueueConfig,
    queues: OnceLock<Queues>,
    vault: OnceLock<Vault>,
}

impl ImportsApp {
    /// Routes of imports beside an application's others.
    #[must_use]
    pub fn new(app: App, aws: SdkConfig, copies: CopiesConfig, queue_urls: QueueConfig) -> Self {
        let (queues, vault) = (OnceLock::new(), OnceLock::new());
        Self { app, aws, copies, queue_urls, queues, vault }
    }

    fn queues(&self) -> &Queues {
        self.queues.get_or_init(|| {
            Queues::new(aws_sdk_sqs::Client::new(&self.aws), self.queue_urls.clone())
        })
    }

    fn vault(&self) -> &Vault {
        self.vault.get_or_init(|| Vault::new(clients::s3(&self.aws), &self.copies.bucket))
    }
}

/// Which documents to copy.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ImportRequest {
    /// The caller's own id: 1 to 64 letters, digits, hyphens and underscores.
    import_id: String,
    /// 1 to 50 documents, each once.
    #[schema(min_items = 1, max_items = 50)]
    items: Vec<ImportRequestItem>,
}

/// A document from the list.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ImportRequestItem {
    #[schema(value_type = Folder)]
    folder: String,
    document_id: i64,
    /// What the caller files it under, 1 to 40 characters: Pathology, Imaging, …
    category: Option<String>,
}

impl ImportRequest {
    fn parse(self) -> Result<(ImportId, Selections), Problem> {
        let mut fields = Checker::default();
        let id = fields.check("/importId", ImportId::parse(&self.import_id));
        let mut chosen = Vec::with_capacity(self.items.len().min(Selections::MOST));
        for (place, item) in self.items.iter().take(Selections::MOST + 1).enumerate() {
            let at = |field: &str| format!("/items/{place}/{field}");
            let folder = fields.check(&at("folder"), Folder::parse(&item.folder));
            let document = fields.check(&at("documentId"), DocumentId::parse(item.document_id));
            let category = match &item.category {
                Some(text) => fields.check(&at("category"), Category::parse(text)).map(Some),
                None => Some(None),
            };
            let selection = folder.zip(document).zip(category);
            chosen.extend(selection.map(|((folder, document_id), category)| Selection {
                folder,
                document_id,
                category,
            }));
        }
        // Where an item is wrong, the places of those after it are not theirs.
        let complete = chosen.len() == self.items.len();
        let selections = match Selections::new(chosen) {
            Ok(selections) => Some(selections),
            Err(NoSelections::Number) if !(1..=Selections::MOST).contains(&self.items.len()) => {
                fields.wrong("/items", "choose 1 to 50 documents");
                None
            }
            Err(NoSelections::Twice(place)) if complete => {
                fields.wrong(&format!("/items/{place}"), "this document is there already");
                None
            }
            Err(_) => None,
        };
        fields.finish(id.zip(selections))
    }
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

fn unknown() -> Problem {
    Problem::because(Kind::NotFound, "The practice has no such import, or no more.")
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
    app.open_connection(practice).await?;

    let now = App::now();
    let import = Import {
        patient,
        asked_by: allowed.caller.subject().clone(),
        asked_at: now,
        documents: u32::try_from(selections.as_slice().len()).unwrap_or(u32::MAX),
        cancelled_at: None,
    };
    let expires_at = now + signed(copies.kept) + signed(copies.give_up);
    let created = app.store.create_import(practice, &id, &import, &selections, expires_at).await?;
    let record = imports.record(practice, &id).await?;
    if created == Created::Exists && !is_same(&record, &import, &selections) {
        return Err(Problem::because(
            Kind::IdInUse,
            "There is an import of this id with other documents.",
        ));
    }
    app.note(practice, &allowed.caller, AuditedAction::AttachmentsImported, vec![patient]).await?;
    // A repeated request wakes what an earlier one may not have woken.
    imports.wake(practice, &id, &record).await?;
    imports.view(&id, &record).await.map(|view| (StatusCode::ACCEPTED, Json(view)))
}

/// How far an import is, with fresh links to what is there.
#[utoipa::path(get, path = "/v1/practices/{practiceId}/attachment-imports/{importId}", tag = "Attachments",
    params(("practiceId" = String, Path), ("importId" = String, Path)),
    responses((status = 200, body = ImportView), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn read_import(
    State(imports): State<Arc<ImportsApp>>,
    allowed: Allowed<ReadPatients>,
    path: Path<ImportPath>,
) -> Result<Json<ImportView>, Problem> {
    let id = path.import()?;
    let practice = &allowed.practice;
    let record = imports.record(practice, &id).await?;
    let view = imports.view(&id, &record).await?;
    // Whoever asked for the copies is in the trail already.
    if view.has_links() && record.import.asked_by != *allowed.caller.subject() {
        let action = AuditedAction::AttachmentLinksShown;
        let patients = vec![record.import.patient];
        imports.app.note(practice, &allowed.caller, action, patients).await?;
    }
    Ok(Json(view))
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
    if record.import.cancelled_at.is_some() {
        return Err(Problem::because(
            Kind::ImportCancelled,
            "Start another import: of this one nothing is kept.",
        ));
    }
    app.open_connection(practice).await?;
    let action = AuditedAction::AttachmentsImported;
    app.note(practice, &allowed.caller, action, vec![record.import.patient]).await?;
    for item in &mut record.items {
        let Some(queued) = item.state.clone().retry(App::now()) else { continue };
        match app.store.move_import_item(practice, &id, item, queued).await {
            Ok(moved) => *item = moved,
            // Somebody retried or cancelled it at the same moment.
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    imports.wake(practice, &id, &record).await?;
    let record = imports.record(practice, &id).await?;
    imports.view(&id, &record).await.map(|view| (StatusCode::ACCEPTED, Json(view)))
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
    if record.import.cancelled_at.is_none() {
        imports.app.store.cancel_import(practice, &id, App::now()).await?;
    }
    for item in record.items {
        imports.cancel(practice, &id, item).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

impl ImportsApp {
    async fn record(&self, practice: &PracticeId, id: &ImportId) -> Result<ImportRecord, Problem> {
        self.app.store.import(practice, id, App::now()).await?.ok_or_else(unknown)
    }

    /// Wakes a worker for each document that nobody has begun.
    async fn wake(
        &self,
        practice: &PracticeId,
        id: &ImportId,
        record: &ImportRecord,
    ) -> Result<(), Problem> {
        let untouched: Vec<u32> = record
            .items
            .iter()
            .filter(|item| item.state.is_untouched())
            .map(|item| item.index)
            .collect();
        let lost = self.queues().wake_stagings(practice.as_str(), id.as_str(), &untouched).await;
        if lost > 0 {
            tracing::error!(lost, "the staging queue does not take messages");
            return Err(Problem::new(Kind::StorageUnavailable).retry_after(5));
        }
        Ok(())
    }

    /// Cancels one document, whatever its worker does meanwhile: the table decides who is first, and
    /// whoever is second clears away.
    async fn cancel(
        &self,
        practice: &PracticeId,
        id: &ImportId,
        mut item: StoredItem,
    ) -> Result<(), Problem> {
        let store = &self.app.store;
        while let Some(cancelled) = item.state.clone().cancel() {
            match store.move_import_item(practice, id, &item, cancelled).await {
                Ok(moved) => item = moved,
                Err(StoreError::Conflict) => {
                    let now = store.import_item(practice, id, item.index, App::now()).await?;
                    let Some(now) = now else { return Ok(()) };
                    item = now;
                }
                Err(error) => return Err(error.into()),
            }
        }
        let Some(place) = item.state.leftover() else { return Ok(()) };
        self.vault().discard(&place.key, place.upload_id.as_deref()).await.map_err(|error| {
            tracing::error!(%error, "a cancelled copy could not be removed");
            Problem::new(Kind::StorageUnavailable).retry_after(5)
        })
    }

    async fn view(&self, id: &ImportId, record: &ImportRecord) -> Result<ImportView, Problem> {
        let now = App::now();
        let cancelled = record.import.cancelled_at.is_some();
        let state = if cancelled {
            ImportState::Cancelled
        } else {
            ImportState::of(record.items.iter().map(|item| &item.state))
        };
        let mut view = ImportView::new(id, state, record);
        for item in &record.items {
            let (mut kept_until, mut link) = (None, None);
            if let Item::Staged(copy) = &item.state
                && !cancelled
            {
                let until = record.expires_at.min(copy.staged_at + signed(self.copies.kept));
                link = self.link(copy, item.index, until, now).await?;
                kept_until = Some(until);
            }
            view.add(item, cancelled, kept_until.filter(|until| *until > now), link);
        }
        Ok(view)
    }

    /// A link to a copy that is still kept.
    async fn link(
        &self,
        copy: &StagedCopy,
        index: u32,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Link>, Problem> {
        let left = Duration::try_from(until.duration_since(now)).unwrap_or_default();
        let lifetime = Duration::from_secs(self.copies.link.min(left).as_secs());
        if lifetime.is_zero() {
            return Ok(None);
        }
        let name = format!("document-{}.{}", index + 1, copy.extension);
        let content_type = vault::ContentType::parse(&copy.content_type);
        let link = self.vault().presign_get(&copy.key, lifetime, &name, content_type).await;
        let url = link.map_err(|error| {
            tracing::error!(%error, "a link could not be made");
            Problem::new(Kind::StorageUnavailable)
        })?;
        Ok(Some(Link { url, expires_at: now + signed(lifetime) }))
    }
}

fn is_same(record: &ImportRecord, import: &Import, selections: &Selections) -> bool {
    record.import.patient == import.patient
        && record.items.iter().map(|item| &item.selection).eq(selections.as_slice())
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(json: serde_json::Value) -> Result<(ImportId, Selections), Vec<String>> {
        let request: ImportRequest = serde_json::from_value(json).unwrap();
        request
            .parse()
            .map_err(|problem| problem.errors.into_iter().map(|error| error.pointer).collect())
    }

    fn document(id: i64) -> serde_json::Value {
        serde_json::json!({ "folder": "investigations", "documentId": id })
    }

    #[test]
    fn everything_that_is_wrong_is_pointed_at() {
        let wrong = parsed(serde_json::json!({ "importId": "a b", "items": [
            { "folder": "letters", "documentId": 1 },
            { "folder": "investigations", "documentId": 0 },
            { "folder": "investigations", "documentId": 2, "category": "a\nb" },
        ] }));
        let pointers = ["/importId", "/items/0/folder", "/items/1/documentId", "/items/2/category"];
        assert_eq!(wrong.unwrap_err(), pointers);
    }

    #[test]
    fn a_document_is_chosen_once_and_fifty_at_most() {
        let items = |items: Vec<_>| parsed(serde_json::json!({ "importId": "a", "items": items }));
        assert_eq!(items(Vec::new()).unwrap_err(), ["/items"]);
        assert_eq!(items((1..=51).map(document).collect()).unwrap_err(), ["/items"]);
        assert_eq!(items(vec![document(1), document(2), document(1)]).unwrap_err(), ["/items/2"]);
        assert_eq!(items((1..=50).map(document).collect()).unwrap().1.as_slice().len(), 50);
    }

    #[test]
    fn a_shape_that_is_not_known_is_refused() {
        for wrong in [
            serde_json::json!({ "importId": "a", "items": [], "more": 1 }),
            serde_json::json!({ "importId": "a", "items": [{ "folder": "investigations", "documentId": 1, "x": 1 }] }),
            serde_json::json!({ "importId": "a", "items": [{ "folder": "investigations", "documentId": "1" }] }),
        ] {
            assert!(serde_json::from_value::<ImportRequest>(wrong).is_err());
        }
    }
}
