//! Finds out which delivered messages a doctor has checked.

use aws::events::{EventError, EventKind, Events};
use aws::metrics::{self, Unit};
use best_practice::{AskedMessage, BpClient, Fate};
use connection::{Clock as _, SessionError, Sessions, SystemClock};
use domain::delivery::{Delivery, DeliveryState};
use domain::ids::PracticeId;
use halo::Deadline;
use jiff::{SignedDuration, Timestamp};
use store::deliveries::{UNCHECKED, UNCHECKED_END, listing};
use store::work::{Entry, WorkKind, WorkList};
use store::{Store, StoreError};

use crate::context::event_of;

/// The most messages that one query asks about. The newest are asked about: a message with a thousand
/// newer ones will probably never be checked.
const MOST_ASKED: u16 = 1000;

/// What one run found.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct CheckedMessages {
    /// Messages that waited to be checked. If there are none, Bp is not asked.
    pub asked: usize,
    /// Messages that had been checked.
    pub checked: usize,
    /// Messages that are no longer in Bp.
    pub removed: usize,
    /// When the latest message that still waits was delivered. If a message was missing for the first
    /// time, this is now, so that the next run comes soon.
    pub latest: Option<Timestamp>,
}

/// Why a run stopped early. What it had stored stays.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CheckError {
    /// The practice's Bp did not answer.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The bus did not take the events. The next run publishes them.
    #[error(transparent)]
    Events(#[from] EventError),
}

/// Asks Bp, with one query, what happened to a practice's unchecked messages, and stores it. A message
/// that nobody has checked for `report_after` is reported once, as an event and a metric.
///
/// # Errors
/// See [`CheckError`]. The next run does what is left.
pub async fn find_checked_messages(
    store: &Store,
    bp: &BpClient,
    events: &Events,
    practice: &PracticeId,
    report_after: SignedDuration,
    deadline: Deadline,
) -> Result<CheckedMessages, CheckError> {
    let waiting = unchecked(store, practice).await?;
    let mut found = CheckedMessages { asked: waiting.len(), ..CheckedMessages::default() };
    if waiting.is_empty() {
        return Ok(found);
    }
    let asked: Vec<AskedMessage> = waiting
        .iter()
        .map(|entry| AskedMessage {
            token: entry.body.token.clone(),
            record: entry.body.bp_record_id,
            patient: entry.body.filed_patient(),
        })
        .collect();
    let sessions = Sessions::new(bp.clone(), store);
    let mut session = sessions.open(practice, deadline).await?;
    let fates = session.ask(|guid| bp.fates_of_messages(guid, &asked, deadline)).await?;
    let now = SystemClock.now();
    let (mut changed, mut news, mut overdue) = (Vec::new(), Vec::new(), 0);
    for entry in &waiting {
        let Some(fate) = fates.get(entry.body.token.as_str()) else { continue };
        let mut entry = entry.clone();
        let before = entry.body.clone();
        let mut is_overdue = false;
        match fate {
            Fate::Checked { record, check, patient } => {
                entry.body.found_under(*patient);
                entry.body.checked(*record, check.clone(), now);
            }
            Fate::Unchecked { owner, patient } => {
                entry.body.found_under(*patient);
                is_overdue = entry.body.unchecked(*owner, report_after, now);
            }
            Fate::Missing => entry.body.missing(now),
        }
        let kind = match entry.body.state {
            DeliveryState::Checked => Some(EventKind::DeliveryChecked),
            DeliveryState::Removed => Some(EventKind::DeliveryRemoved),
            _ if is_overdue => Some(EventKind::DeliveryUnchecked),
            _ => None,
        };
        overdue += u64::from(is_overdue);
        if entry.body != before {
            if let Some(kind) = kind {
                entry.work.events += 1;
                news.push(event_of(practice, &entry, kind, listing(&entry.body).state, now));
            }
            entry.list_under(&listing(&entry.body));
            changed.push(entry);
        }
    }
    // Published before it is stored: a stored message is not asked about again.
    if overdue > 0 {
        metrics::report("MessagesUnchecked", Unit::Count, overdue, Some(practice.as_str()));
    }
    events.publish(&news).await?;
    for entry in &changed {
        match store.transition_work(practice, entry).await {
            Ok(_) if entry.body.state == DeliveryState::Checked => found.checked += 1,
            Ok(_) if entry.body.state == DeliveryState::Removed => found.removed += 1,
            Ok(_) => {}
            // Somebody else has stored it, or the next run will.
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let over = |entry: &Entry<Delivery>| entry.body.state != DeliveryState::Delivered;
    let waits =
        |entry: &&Entry<Delivery>| !changed.iter().any(|done| done.key == entry.key && over(done));
    let delivered = waiting.iter().filter(waits).filter_map(|entry| entry.body.delivered_at());
    let missed = changed.iter().any(|entry| !over(entry) && entry.body.missed);
    found.latest = delivered.chain(missed.then_some(now)).max();
    tracing::info!(
        practice = practice.as_str(),
        asked = found.asked,
        checked = found.checked,
        removed = found.removed,
        "asked which messages were checked"
    );
    Ok(found)
}

async fn unchecked(
    store: &Store,
    practice: &PracticeId,
) -> Result<Vec<Entry<Delivery>>, StoreError> {
    let list = WorkList {
        kind: WorkKind::Delivery,
        state: Some("delivered"),
        ascending: false,
        from: Some(UNCHECKED.to_owned()),
        to: Some(UNCHECKED_END.to_owned()),
        limit: MOST_ASKED,
    };
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = store.list_work(practice, &list, after.as_ref()).await?;
        found.extend(page.entries.into_iter().filter_map(Entry::readable::<Delivery>));
        after = page.next;
        if after.is_none() || found.len() >= usize::from(MOST_ASKED) {
            found.truncate(usize::from(MOST_ASKED));
            return Ok(found);
        }
    }
}
