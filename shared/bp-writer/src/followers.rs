//! Entries that follow another one, such as the summary that goes with a referral. A follower is accepted
//! without a due time. It begins when the entry before it is in Bp, and fails when that entry has failed.
//!
//! Both happen before the entry itself closes. If the writer dies in between, the entry's outcome is learned
//! again, and the follower has changed already.

use store::work::{Entry, WorkKey, WorkProgress};

use crate::context::{Context, TurnError};
use crate::kind::Kind;
use crate::ports::{Messages, Timing, WorkStore};
use crate::whole;

/// Makes the follower due. A follower that had failed with the entry before it starts again.
pub(crate) async fn begin<K: Kind, S: WorkStore, M: Messages, C: Timing>(
    context: Context<'_, S, M, C>,
    kind: &K,
    follower: &WorkKey,
) -> Result<(), TurnError> {
    let Context { services, practice, .. } = context;
    loop {
        let Some(entry) = services.store.work(practice, follower).await? else { return Ok(()) };
        if entry.is_open() || !matches!(entry.work.progress, WorkProgress::Failed(_)) {
            return whole::make_due(context, follower).await;
        }
        // A follower that cannot be read must not hold up this entry.
        let Ok(entry) = entry.read::<K::Entity>() else { return Ok(()) };
        let (mut body, now) = (entry.body.clone(), context.now());
        if !kind.start_again_after(&mut body, now) {
            return Ok(());
        }
        let (hash, listing) = (entry.hash.clone(), kind.listing(&body));
        if context.store(entry.reopened(body, hash, &listing, now)).await?.is_some() {
            return Ok(());
        }
    }
}

/// Settles a follower that has not begun, because the entry before it has failed.
pub(crate) async fn fail<K: Kind, S: WorkStore, M: Messages, C: Timing>(
    context: Context<'_, S, M, C>,
    kind: &K,
    failed: &K::Entity,
    follower: &WorkKey,
) -> Result<(), TurnError> {
    let Context { services, practice, .. } = context;
    loop {
        let Some(entry) = services.store.work(practice, follower).await? else { return Ok(()) };
        let (WorkProgress::Ready(ready), false) = (entry.work.progress.clone(), entry.is_open())
        else {
            return Ok(());
        };
        // As above.
        let Ok(mut entry): Result<Entry<K::Entity>, _> = entry.read() else { return Ok(()) };
        let before = entry.body.clone();
        kind.fail_after(failed, &mut entry.body, context.now());
        entry.work.progress = WorkProgress::Failed(ready.fail());
        entry.list_under(&kind.listing(&entry.body));
        // The event is published before the new state can be read.
        if let Some(event) = kind.event(&before, &entry.body) {
            let state = kind.listing(&entry.body).state;
            context.publish_change(&mut entry, event, state).await;
        }
        if context.store(entry).await?.is_some() {
            return Ok(());
        }
    }
}
