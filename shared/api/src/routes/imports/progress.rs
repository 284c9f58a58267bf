//! Shows the progress of an import with links to its copies, wakes the importer, and cancels documents.
//!
//! Imports have no sweep. If a message to the importer was lost, the next request for the import sends it
//! again.

use std::time::Duration;

use document_bucket::Disposition;
use domain::audit::AuditedAction;
use domain::content::ContentType;
use domain::ids::PracticeId;
use domain::imports::{FileName, ImportId, ImportState, Item, StagedCopy, file_names};
use jiff::{SignedDuration, Timestamp};
use store::{ImportRecord, StoreError, StoredItem};

use super::view::{ImportView, Link, Links};
use crate::app::App;
use crate::audit::AuditEntry;
use crate::caller::{Allowed, ReadPatients};
use crate::problem::{Problem, ProblemType};

/// Whether a caller who may see an import gets links to its copies.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum CopyLinks {
    Shown,
    Withheld,
}

pub(super) fn unknown_import() -> Problem {
    Problem::because(
        ProblemType::NotFound,
        "The practice has no import with this id. Finished imports are removed after some time.",
    )
}

pub(super) fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

impl App {
    pub(super) async fn import(
        &self,
        practice: &PracticeId,
        id: &ImportId,
    ) -> Result<ImportRecord, Problem> {
        self.store.import(practice, id, Self::now()).await?.ok_or_else(unknown_import)
    }

    /// Wakes the importer for each document whose message was lost, and for each document that is `wanted`.
    pub(super) async fn wake_importer(
        &self,
        practice: &PracticeId,
        id: &ImportId,
        record: &ImportRecord,
        wanted: fn(&Item) -> bool,
    ) -> Result<(), Problem> {
        if record.import.cancelled_at.is_some() {
            return Ok(());
        }
        let now = Self::now();
        let mut items = Vec::new();
        let mut lost_messages = 0_usize;
        for item in &record.items {
            let Some(awaited) = item.state.clone().wake_sent(now) else {
                items.extend(wanted(&item.state).then_some(item.index));
                continue;
            };
            // Stored before the message is sent, so that repeated requests send at most one message a minute.
            match self.store.move_import_item(practice, id, item, awaited).await {
                Ok(_) => {
                    items.push(item.index);
                    lost_messages += 1;
                }
                // A worker has the document after all, or another request sends the message.
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        if lost_messages > 0 {
            tracing::warn!(
                practice = practice.as_str(),
                lost_messages,
                "messages to the importer were lost"
            );
        }
        let lost = self.import_queue()?.wake_imports(practice.as_str(), id.as_str(), &items).await;
        if lost > 0 {
            tracing::error!(lost, "the import queue does not accept messages");
            return Err(Problem::new(ProblemType::StorageUnavailable).retry_after(5));
        }
        Ok(())
    }

    /// Cancels one document. Its worker may finish the copy at the same time: the table decides which of the
    /// two is first, and the second one removes the copy.
    pub(super) async fn cancel_import_item(
        &self,
        practice: &PracticeId,
        id: &ImportId,
        mut item: StoredItem,
    ) -> Result<(), Problem> {
        let store = &self.store;
        while let Some(cancelled) = item.state.clone().cancel() {
            match store.move_import_item(practice, id, &item, cancelled).await {
                Ok(moved) => item = moved,
                Err(StoreError::Conflict) => {
                    let now = store.import_item(practice, id, item.index, Self::now()).await?;
                    let Some(now) = now else { return Ok(()) };
                    item = now;
                }
                Err(error) => return Err(error.into()),
            }
        }
        let Some(place) = item.state.leftover() else { return Ok(()) };
        let upload = place.upload_id.as_deref();
        self.copies()?.bucket.discard(&place.keys(), upload).await.map_err(|error| {
            tracing::error!(%error, "a cancelled copy could not be removed");
            Problem::new(ProblemType::StorageUnavailable).retry_after(5)
        })
    }

    /// Whether the caller may see an import, and whether with links. The caller must be linked to a user
    /// of the Bp that the copies came from. If the practice has moved to another Bp since, only the
    /// account that asked for the import may see it. It gets no links, because the practice can no
    /// longer end that account's link to the former Bp.
    pub(super) async fn may_see(
        &self,
        allowed: &Allowed<ReadPatients>,
        record: &ImportRecord,
    ) -> Result<CopyLinks, Problem> {
        let (practice, account) = (&allowed.practice, allowed.caller.subject());
        let (connection, link) = self.store.connection_and_link(practice, account).await?;
        let here = connection.is_some_and(|now| now.database() == record.import.site);
        match (here, link) {
            (true, Some(_)) => Ok(CopyLinks::Shown),
            (true, None) => Err(Problem::new(ProblemType::ClinicianLinkNeeded)),
            (false, _) if record.import.asked_by == *account => Ok(CopyLinks::Withheld),
            // Clinicians of the new Bp may not see patients of the former one.
            (false, _) => Err(Problem::new(ProblemType::NotFound)),
        }
    }

    /// An import as its caller sees it, with new links. The account that asked for the import has an audit
    /// line already. Anybody else who gets links gets an audit line here.
    pub(super) async fn show_import(
        &self,
        allowed: &Allowed<ReadPatients>,
        id: &ImportId,
        record: &ImportRecord,
        links: CopyLinks,
        disposition: Disposition,
    ) -> Result<ImportView, Problem> {
        let view = self.import_view(id, record, links, disposition).await?;
        if view.has_links() && record.import.asked_by != *allowed.caller.subject() {
            let entry = AuditEntry::of(AuditedAction::AttachmentLinksShown);
            let entry = entry.about(vec![record.import.patient]).with(id.as_str());
            self.record(&allowed.practice, &allowed.caller, entry).await?;
        }
        Ok(view)
    }

    async fn import_view(
        &self,
        id: &ImportId,
        record: &ImportRecord,
        links: CopyLinks,
        disposition: Disposition,
    ) -> Result<ImportView, Problem> {
        let now = Self::now();
        let cancelled = record.import.cancelled_at.is_some();
        let state = if cancelled {
            ImportState::Cancelled
        } else {
            ImportState::of(record.items.iter().map(|item| &item.state))
        };
        let mut view = ImportView::new(id, state, record);
        let names = file_names(record.items.iter().map(|item| (&item.selection, &item.state)));
        for (item, name) in record.items.iter().zip(&names) {
            let (mut kept_until, mut item_links) = (None, Links::default());
            if let Item::Staged(copy) = &item.state
                && !cancelled
                && links == CopyLinks::Shown
                && let Some(name) = name
            {
                let until =
                    record.expires_at.min(copy.staged_at + signed(self.copies()?.config.kept));
                item_links = self.copy_links(copy, name, until, now, disposition).await?;
                kept_until = Some(until);
            }
            let kept_until = kept_until.filter(|until| *until > now);
            view.add(item, cancelled, kept_until, name.as_ref(), item_links);
        }
        Ok(view)
    }

    /// Links to a copy that is still kept, and to its text.
    async fn copy_links(
        &self,
        copy: &StagedCopy,
        name: &FileName,
        until: Timestamp,
        now: Timestamp,
        disposition: Disposition,
    ) -> Result<Links, Problem> {
        let copies = self.copies()?;
        let left = Duration::try_from(until.duration_since(now)).unwrap_or_default();
        let lifetime = Duration::from_secs(copies.config.link.min(left).as_secs());
        if lifetime.is_zero() {
            return Ok(Links::default());
        }
        let link = async |key: &str, name: String, content_type: &str| {
            let content_type = ContentType::parse(content_type);
            let link = copies.bucket.presign_get(key, lifetime, &name, content_type, disposition);
            let url = link.await.map_err(|error| {
                tracing::error!(%error, "a link could not be made");
                Problem::new(ProblemType::StorageUnavailable)
            })?;
            Ok::<_, Problem>(Link { url, expires_at: now + signed(lifetime) })
        };
        let rendition = match &copy.rendition {
            Some(text) => {
                let name = name.of_text().to_string();
                Some(link(&copy.rendition_key(), name, &text.content_type).await?)
            }
            None => None,
        };
        let copy = Some(link(&copy.key, name.to_string(), &copy.content_type).await?);
        Ok(Links { copy, rendition })
    }
}
