//! Which delivered messages a doctor has checked.

use best_practice::BpPractice;
use domain::delivery::Delivery;
use domain::ids::PracticeId;
use halo::Deadline;
use jiff::Timestamp;
use practice_session::{Session, SessionError};
use runtime::events::{Event, EventError, EventKind, Events};
use store::work::{Entry, WorkKind, WorkList};
use store::{Store, StoreError};

use crate::{UNCHECKED, UNCHECKED_END};

/// Messages asked about in one turn, the newest ones: what nobody has checked among a thousand newer
/// ones, nobody will.
pub const MOST_ASKED: u16 = 1000;

/// What a turn came to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Looked {
    /// Messages that waited to be checked; without any, Bp is not asked.
    pub asked: usize,
    /// How many had been.
    pub checked: usize,
    /// When the latest of those that still wait was delivered.
    pub latest: Option<Timestamp>,
}

/// Why a turn was cut short. What was found before is kept.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CheckError {
    /// The practice's Bp gave no answer.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The table gave no answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The bus did not take the events; they are put again at the next turn.
    #[error(transparent)]
    Events(#[from] EventError),
}

/// Asks Bp, by one query, which of a practice's delivered messages have been checked, and records it.
///
/// # Errors
/// See [`CheckError`]; the next turn makes good.
pub async fn look_for_checked(
    store: &Store,
    bp: &BpPractice,
    events: &Events,
    practice: &PracticeId,
    deadline: Deadline,
) -> Result<Looked, CheckError> {
    let waiting = unchecked(store, practice).await?;
    let mut looked = Looked { asked: waiting.len(), ..Looked::default() };
    if waiting.is_empty() {
        return Ok(looked);
    }
    let tokens: Vec<_> = waiting.iter().map(|entry| entry.body.token.clone()).collect();
    let session = Session::new(bp, store);
    let mut connection = session.open(practice).await?;
    let checked = session
        .ask(practice, &mut connection, deadline, |guid| {
            bp.checked_messages(guid, &tokens, deadline)
        })
        .await?;
    let now = Timestamp::now();
    let mut changed = Vec::new();
    for message in checked {
        let known = waiting.iter().find(|entry| entry.body.token.as_str() == message.token);
        // The statement may tell of others than were asked about.
        let Some(mut entry) = known.cloned() else { continue };
        entry.body.checked(message.record, message.check, now);
        entry.list_under(&crate::listing(&entry.body));
        changed.push(entry);
    }
    // On the bus first: what is recorded is not looked at again.
    let told: Vec<Event> = changed
        .iter()
        .map(|entry| Event {
            kind: EventKind::DeliveryChecked,
            practice: practice.as_str().to_owned(),
            id: entry.body.delivery_id.as_str().to_owned(),
        })
        .collect();
    events.put(&told).await?;
    for entry in &changed {
        match store.transition_work(practice, entry).await {
            Ok(_) => looked.checked += 1,
            // Somebody else has recorded it, or the next turn will.
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let waits = |entry: &&Entry<Delivery>| !changed.iter().any(|done| done.key == entry.key);
    looked.latest =
        waiting.iter().filter(waits).filter_map(|entry| entry.body.delivered_at()).max();
    tracing::info!(
        practice = practice.as_str(),
        asked = looked.asked,
        checked = looked.checked,
        "looked for checked messages"
    );
    Ok(looked)
}

async fn unchecked(
    store: &Store,
    practice: &PracticeId,
) -> Result<Vec<Entry<Delivery>>, StoreError> {
    let list = WorkList {
        kind: WorkKind::Delivery,
        state: Some("delivered"),
        from: Some(UNCHECKED.to_owned()),
        to: Some(UNCHECKED_END.to_owned()),
        limit: MOST_ASKED,
    };
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = store.list_work(practice, &list, after.as_ref()).await?;
        for entry in page.entries {
            found.push(entry.read::<Delivery>()?);
        }
        after = page.next;
        if after.is_none() || found.len() >= usize::from(MOST_ASKED) {
            found.truncate(usize::from(MOST_ASKED));
            return Ok(found);
        }
    }
}
