//! Wholes: entries that show the combined state of several parts, such as a visit to several
//! attendants. A whole is not sent to Bp. It is due when one of its parts has changed. It is then
//! compared with all its parts.
//!
//! The whole is made due before the part is written, and compared after it. If the writer dies between
//! the two, the next turn compares the whole.

use store::StoreError;
use store::work::{Entry, WorkKey};

use crate::context::{Context, TurnError};
use crate::kind::Kind;
use crate::ports::{Messages, Timing, WorkStore};

/// How often a whole is read again if a client changes it at the same moment. After that it stays due.
const MOST_TRIES: u32 = 8;

/// Makes a whole, or another closed entry, due. One read, and one write if it was not due.
pub(crate) async fn make_due<S: WorkStore, M: Messages, C: Timing>(
    context: Context<'_, S, M, C>,
    whole: &WorkKey,
) -> Result<(), TurnError> {
    let Context { services, practice, .. } = context;
    loop {
        let Some(mut entry) = services.store.work(practice, whole).await? else { return Ok(()) };
        if entry.is_open() {
            return Ok(());
        }
        entry.due = Some(context.now());
        if context.store(entry).await?.is_some() {
            return Ok(());
        }
    }
}

/// Compares a whole with its parts. Stores the whole together with the parts that change. One read, one
/// query and one transaction.
pub(crate) async fn combine<K: Kind, S: WorkStore, M: Messages, C: Timing>(
    context: Context<'_, S, M, C>,
    kind: &K,
    whole: &WorkKey,
) -> Result<(), TurnError> {
    let Context { services, practice, .. } = context;
    for _ in 0..MOST_TRIES {
        let mut whole: Entry<K::Entity> = context.read(whole).await?;
        let parts = services.store.parts(practice, &whole.key).await?;
        let mut parts =
            parts.into_iter().map(Entry::read).collect::<Result<Vec<Entry<K::Entity>>, _>>()?;
        let before: Vec<K::Entity> = parts.iter().map(|part| part.body.clone()).collect();
        let event = kind.combine(&mut whole, &mut parts, context.now());
        whole.list_under(&kind.listing(&whole.body));
        if whole.work.unpublished.is_none() {
            whole.due = None;
        }
        // The event is published before the new state can be read.
        if let Some(event) = event {
            let state = kind.listing(&whole.body).state;
            context.publish_change(&mut whole, event, state).await;
        }
        let changed = parts.into_iter().zip(&before).filter(|(part, was)| part.body != **was);
        let mut entries: Vec<_> = changed.map(|(part, _)| part).collect();
        entries.push(whole);
        match services.store.transition_together(practice, &entries).await {
            Ok(()) => {
                entries.iter().for_each(|entry| context.known.stored(entry));
                return Ok(());
            }
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Compares a whole after a part was written. If a part cannot be read, the whole stays due and is set
/// aside when its turn comes.
pub(crate) async fn combine_after_part<K: Kind, S: WorkStore, M: Messages, C: Timing>(
    context: Context<'_, S, M, C>,
    kind: &K,
    whole: &WorkKey,
) -> Result<(), TurnError> {
    match combine(context, kind, whole).await {
        Err(TurnError::Store(StoreError::Corrupt | StoreError::NewerFormat)) => {
            tracing::error!("a part of a booking cannot be read");
            Ok(())
        }
        outcome => outcome,
    }
}
