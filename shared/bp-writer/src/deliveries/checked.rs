//! Which delivered messages a doctor has checked.

use aws::events::{Event, EventError, EventKind, Events};
use aws::metrics::{self, Unit};
use best_practice::{BpPractice, Fate};
use connection::{PerCallSession, SessionError};
use domain::delivery::{Delivery, DeliveryState};
use domain::ids::PracticeId;
use halo::Deadline;
use jiff::{SignedDuration, Timestamp};
use store::deliveries::{UNCHECKED, UNCHECKED_END, listing};
use store::work::{Entry, WorkKind, WorkList};
use store::{Store, StoreError};

/// Messages asked about in one turn, the newest ones: what nobody has checked among a thousand newer
/// ones, nobody will.
const MOST_ASKED: u16 = 1000;

/// What a turn came to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Looked {
    /// Messages that waited to be checked; without any, Bp is not asked.
    pub asked: usize,
    /// How many had been.
    pub checked: usize,
    /// How many are in Bp no more.
    pub removed: usize,
    /// When the latest of those that still wait was delivered; now, where one was found nowhere for the
    /// first time, so that the second look comes soon.
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

/// Asks Bp, by one query, what has become of a practice's delivered messages that nobody has checked, and
/// records it. What nobody has checked for `report_after` is reported once, as an event and a metric.
///
/// # Errors
/// See [`CheckError`]; the next turn makes good.
pub async fn look_for_checked(
    store: &Store,
    bp: &BpPractice,
    events: &Events,
    practice: &PracticeId,
    report_after: SignedDuration,
    deadline: Deadline,
) -> Result<Looked, CheckError> {
    let waiting = unchecked(store, practice).await?;
    let mut looked = Looked { asked: waiting.len(), ..Looked::default() };
    if waiting.is_empty() {
        return Ok(looked);
    }
    let tokens: Vec<_> = waiting.iter().map(|entry| entry.body.token.clone()).collect();
    let session = PerCallSession::new(bp, store);
    let mut connection = session.open(practice).await?;
    let fates = session
        .ask(practice, &mut connection, deadline, |guid| {
            bp.fates_of_messages(guid, &tokens, deadline)
        })
        .await?;
    let now = Timestamp::now();
    let (mut changed, mut overdue) = (Vec::new(), Vec::new());
    for entry in &waiting {
        let Some(fate) = fates.get(entry.body.token.as_str()) else { continue };
        let mut entry = entry.clone();
        let before = entry.body.clone();
        match fate {
            Fate::Checked { record, check } => entry.body.checked(*record, check.clone(), now),
            Fate::Unchecked { owner } => {
                if entry.body.unchecked(*owner, report_after, now) {
                    overdue.push(entry.body.delivery_id.as_str().to_owned());
                }
            }
            Fate::Missing => entry.body.missing(now),
        }
        if entry.body != before {
            entry.list_under(&listing(&entry.body));
            changed.push(entry);
        }
    }
    // On the bus first: what is recorded is not looked at again.
    let event = |entry: &Entry<Delivery>| {
        let kind = match entry.body.state {
            DeliveryState::Checked => EventKind::DeliveryChecked,
            DeliveryState::Removed => EventKind::DeliveryRemoved,
            _ => return None,
        };
        let id = entry.body.delivery_id.as_str().to_owned();
        Some(Event { kind, practice: practice.as_str().to_owned(), id })
    };
    let reports = overdue.iter().map(|id| Event {
        kind: EventKind::DeliveryUnchecked,
        practice: practice.as_str().to_owned(),
        id: id.clone(),
    });
    let told: Vec<Event> = changed.iter().filter_map(event).chain(reports).collect();
    if !overdue.is_empty() {
        let many = overdue.len() as u64;
        metrics::report("MessagesUnchecked", Unit::Count, many, Some(practice.as_str()));
    }
    events.put(&told).await?;
    for entry in &changed {
        match store.transition_work(practice, entry).await {
            Ok(_) if entry.body.state == DeliveryState::Checked => looked.checked += 1,
            Ok(_) if entry.body.state == DeliveryState::Removed => looked.removed += 1,
            Ok(_) => {}
            // Somebody else has recorded it, or the next turn will.
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let over = |entry: &Entry<Delivery>| entry.body.state != DeliveryState::Delivered;
    let waits =
        |entry: &&Entry<Delivery>| !changed.iter().any(|done| done.key == entry.key && over(done));
    let delivered = waiting.iter().filter(waits).filter_map(|entry| entry.body.delivered_at());
    let missed = changed.iter().any(|entry| !over(entry) && entry.body.missed);
    looked.latest = delivered.chain(missed.then_some(now)).max();
    tracing::info!(
        practice = practice.as_str(),
        asked = looked.asked,
        checked = looked.checked,
        removed = looked.removed,
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
