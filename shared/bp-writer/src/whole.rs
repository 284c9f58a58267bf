//! Entries that say what others come to: a visit to several attendants, say. Nothing of a whole goes to
//! Bp. It is due whenever one of its parts has changed, and compares them all.
//!
//! A whole is made due before its part is written, and compared after it. So whoever dies between the
//! two leaves a whole that is compared by the next turn.

use store::StoreError;
use store::work::{Entry, WorkKey};

use crate::kind::Kind;
use crate::ports::{Clock, Messages, Shelf};
use crate::turn::{Stop, Turn};

/// A whole that a client changes at the same moment is read again, but not for ever: it stays due.
const TRIES: u32 = 8;

impl<S: Shelf, M: Messages, C: Clock> Turn<'_, S, M, C> {
    /// The whole that has to hear of the change of a part.
    pub(crate) fn whole_of<K: Kind>(
        &self,
        kind: &K,
        before: &K::Entity,
        after: &K::Entity,
    ) -> Option<WorkKey> {
        kind.whole(after).filter(|_| kind.bears_on_whole(before, after))
    }

    /// Makes a whole due. One read, and one write where it was not.
    pub(crate) async fn call_whole(&self, whole: &WorkKey) -> Result<(), Stop> {
        loop {
            let Some(mut entry) = self.writer.shelf.work(self.practice, whole).await? else {
                return Ok(());
            };
            if entry.is_open() {
                return Ok(());
            }
            entry.due = Some(self.now());
            match self.writer.shelf.transition_work(self.practice, &entry).await {
                Ok(_) => return Ok(()),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Compares the parts of a whole, and writes down what they come to together with the parts that
    /// are changed by it. One read, one query and one transaction.
    pub(crate) async fn gather<K: Kind>(&self, kind: &K, whole: &WorkKey) -> Result<(), Stop> {
        for _ in 0..TRIES {
            let mut whole: Entry<K::Entity> = self.read_again::<K>(whole).await?;
            let parts = self.writer.shelf.parts(self.practice, &whole.key).await?;
            let mut parts =
                parts.into_iter().map(Entry::read).collect::<Result<Vec<Entry<K::Entity>>, _>>()?;
            let before: Vec<K::Entity> = parts.iter().map(|part| part.body.clone()).collect();
            let event = kind.gather(&mut whole, &mut parts, self.now());
            whole.list_under(&kind.listing(&whole.body));
            if whole.work.announce.is_none() {
                whole.due = None;
            }
            // It is on the bus before anybody reads it.
            if let Some(event) = event
                && !self.told(&whole.key.id, event).await
            {
                whole.work.announce = Some(event.as_str().to_owned());
                whole.due = Some(self.again_at(1));
            }
            let changed = parts.into_iter().zip(&before).filter(|(part, was)| part.body != **was);
            let mut entries: Vec<_> = changed.map(|(part, _)| part).collect();
            entries.push(whole);
            match self.writer.shelf.transition_together(self.practice, &entries).await {
                Ok(()) => return Ok(()),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// [`Self::gather`] after a part was written. A whole that cannot be compared stays due, and is looked
    /// at in its own turn.
    pub(crate) async fn gather_after<K: Kind>(
        &self,
        kind: &K,
        whole: &WorkKey,
    ) -> Result<(), Stop> {
        match self.gather(kind, whole).await {
            Err(Stop::Store(StoreError::Corrupt | StoreError::NewerFormat)) => {
                tracing::error!("a part of a booking cannot be read");
                Ok(())
            }
            outcome => outcome,
        }
    }
}
