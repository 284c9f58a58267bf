//! What the routes of imports do with the table, the queue and the bucket.

use std::time::Duration;

use document_bucket::Disposition;
use domain::audit::AuditedAction;
use domain::content::ContentType;
use domain::ids::PracticeId;
use domain::imports::{FileName, ImportId, ImportState, Item, StagedCopy, file_names};
use jiff::Timestamp;
use store::{ImportRecord, StoreError, StoredItem};

use super::view::{ImportView, Link, Links};
use super::{ImportsApp, signed, unknown};
use crate::App;
use crate::caller::{Allowed, ReadPatients};
use crate::problem::{Kind, Problem};
use crate::trail::Deed;

/// Whether somebody who may see an import is given links to its copies.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Copies {
    Shown,
    Withheld,
}

impl ImportsApp {
    /// An import that is there.
    pub(super) async fn record(
        &self,
        practice: &PracticeId,
        id: &ImportId,
    ) -> Result<ImportRecord, Problem> {
        self.app.store.import(practice, id, App::now()).await?.ok_or_else(unknown)
    }

    /// Wakes a worker for each document whose wake was lost, and for those that are besides wanted.
    /// Whoever asks after an import is the sweep that finds what the queue forgot.
    pub(super) async fn wake(
        &self,
        practice: &PracticeId,
        id: &ImportId,
        record: &ImportRecord,
        besides: fn(&Item) -> bool,
    ) -> Result<(), Problem> {
        if record.import.cancelled_at.is_some() {
            return Ok(());
        }
        let now = App::now();
        let mut wanted = Vec::new();
        let mut forsaken = 0_usize;
        for item in &record.items {
            let Some(awaited) = item.state.clone().awaited(now) else {
                wanted.extend(besides(&item.state).then_some(item.index));
                continue;
            };
            // Written down first: however often somebody asks, one wake a minute is on its way.
            match self.app.store.move_import_item(practice, id, item, awaited).await {
                Ok(_) => {
                    wanted.push(item.index);
                    forsaken += 1;
                }
                // A worker is at it after all, or somebody else asks as well.
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        if forsaken > 0 {
            tracing::warn!(
                practice = practice.as_str(),
                forsaken,
                "documents had lost their wakes"
            );
        }
        let lost = self.wakes.queues().wake_imports(practice.as_str(), id.as_str(), &wanted).await;
        if lost > 0 {
            tracing::error!(lost, "the import queue does not take messages");
            return Err(Problem::new(Kind::StorageUnavailable).retry_after(5));
        }
        Ok(())
    }

    /// Cancels one document, whatever its worker does meanwhile: the table decides who is first, and
    /// whoever is second clears away.
    pub(super) async fn cancel(
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
        let upload = place.upload_id.as_deref();
        self.bucket.bucket().discard(&place.keys(), upload).await.map_err(|error| {
            tracing::error!(%error, "a cancelled copy could not be removed");
            Problem::new(Kind::StorageUnavailable).retry_after(5)
        })
    }

    /// Whoever looks at copies must be linked to a user of the Bp that they came from. When the practice
    /// has moved to another Bp, only the account that asked for them may see what became of them, and
    /// nobody is given links: the practice can no longer end an account's link there.
    pub(super) async fn may_see(
        &self,
        allowed: &Allowed<ReadPatients>,
        record: &ImportRecord,
    ) -> Result<Copies, Problem> {
        let (practice, account) = (&allowed.practice, allowed.caller.subject());
        let (connection, link) = self.app.store.connection_and_link(practice, account).await?;
        let here = connection.is_some_and(|now| now.database() == record.import.site);
        match (here, link) {
            (true, Some(_)) => Ok(Copies::Shown),
            (true, None) => Err(Problem::new(Kind::ClinicianLinkNeeded)),
            (false, _) if record.import.asked_by == *account => Ok(Copies::Withheld),
            // Another Bp's clinicians have no business with this one's patients.
            (false, _) => Err(Problem::new(Kind::NotFound)),
        }
    }

    /// An import as its caller sees it, with fresh links. Whoever asked for the copies is in the trail
    /// already; anybody else who is given links is put there.
    pub(super) async fn show(
        &self,
        allowed: &Allowed<ReadPatients>,
        id: &ImportId,
        record: &ImportRecord,
        copies: Copies,
        disposition: Disposition,
    ) -> Result<ImportView, Problem> {
        let view = self.view(id, record, copies, disposition).await?;
        if view.has_links() && record.import.asked_by != *allowed.caller.subject() {
            let shown = Deed::of(AuditedAction::AttachmentLinksShown);
            let shown = shown.about(vec![record.import.patient]).with(id.as_str());
            self.app.note(&allowed.practice, &allowed.caller, shown).await?;
        }
        Ok(view)
    }

    async fn view(
        &self,
        id: &ImportId,
        record: &ImportRecord,
        copies: Copies,
        disposition: Disposition,
    ) -> Result<ImportView, Problem> {
        let now = App::now();
        let cancelled = record.import.cancelled_at.is_some();
        let state = if cancelled {
            ImportState::Cancelled
        } else {
            ImportState::of(record.items.iter().map(|item| &item.state))
        };
        let mut view = ImportView::new(id, state, record);
        let names = file_names(record.items.iter().map(|item| (&item.selection, &item.state)));
        for (item, name) in record.items.iter().zip(&names) {
            let (mut kept_until, mut links) = (None, Links::default());
            if let Item::Staged(copy) = &item.state
                && !cancelled
                && copies == Copies::Shown
                && let Some(name) = name
            {
                let until = record.expires_at.min(copy.staged_at + signed(self.copies.kept));
                links = self.links(copy, name, until, now, disposition).await?;
                kept_until = Some(until);
            }
            let kept_until = kept_until.filter(|until| *until > now);
            view.add(item, cancelled, kept_until, name.as_ref(), links);
        }
        Ok(view)
    }

    /// Links to a copy that is still kept, and to the text beside it.
    async fn links(
        &self,
        copy: &StagedCopy,
        name: &FileName,
        until: Timestamp,
        now: Timestamp,
        disposition: Disposition,
    ) -> Result<Links, Problem> {
        let left = Duration::try_from(until.duration_since(now)).unwrap_or_default();
        let lifetime = Duration::from_secs(self.copies.link.min(left).as_secs());
        if lifetime.is_zero() {
            return Ok(Links::default());
        }
        let link = async |key: &str, name: String, content_type: &str| {
            let content_type = ContentType::parse(content_type);
            let link =
                self.bucket.bucket().presign_get(key, lifetime, &name, content_type, disposition);
            let url = link.await.map_err(|error| {
                tracing::error!(%error, "a link could not be made");
                Problem::new(Kind::StorageUnavailable)
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
