//! The events of one endpoint: waiting ones, and ones that were sent or given up.

use aws_sdk_dynamodb::types::Select;
use domain::webhooks::{Attempted, EndpointLane, Fate, KEPT_FOR};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::lane::lane_key;
use crate::error::StoreError;
use crate::format::KnownFormatOnly;
use crate::item::{Item, body, instant, item, number, readable, sort_key, text};
use crate::table::Store;

const EVENT: &str = "EVENT#";
const OPEN: &str = "open";
const LISTED: &str = "listed";

/// The latest attempt to send an event.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LastAttempt {
    /// When it ended.
    pub at: Timestamp,
    /// How it ended.
    pub ended: Attempted,
}

/// An event for one endpoint.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptEvent {
    /// The event's id.
    #[serde(skip)]
    pub id: String,
    /// Its type.
    pub kind: String,
    /// When it happened.
    pub at: Timestamp,
    /// What the endpoint receives.
    pub payload: String,
    /// Whether it was delivered.
    pub fate: Fate,
    /// It is not sent before. Only an event that waits has a meaningful one.
    pub not_before: Timestamp,
    /// How often it was sent since it began to wait.
    pub attempts: u32,
    /// When it was first sent since it began to wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_attempt: Option<Timestamp>,
    /// The latest attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<LastAttempt>,
}

impl KeptEvent {
    /// An event that waits to be sent.
    #[must_use]
    pub fn new(id: String, kind: String, at: Timestamp, payload: String) -> Self {
        Self {
            id,
            kind,
            at,
            payload,
            fate: Fate::Waiting,
            not_before: at,
            attempts: 0,
            first_attempt: None,
            last: None,
        }
    }

    /// The event as it waits to be sent once more.
    #[must_use]
    pub fn again(self) -> Self {
        let not_before = self.at;
        Self { fate: Fate::Waiting, not_before, attempts: 0, first_attempt: None, ..self }
    }

    /// Whether it waits on its own, because the endpoint refused it and took others.
    #[must_use]
    pub fn waits_alone(&self) -> bool {
        self.not_before > self.at
    }

    /// The order in which events are sent: an event that must wait comes later, the others as they happened.
    #[must_use]
    pub fn order(&self) -> String {
        format!("{}#{}#{}", instant(self.not_before), instant(self.at), self.id)
    }

    fn listed(&self) -> Option<String> {
        self.last.map(|last| format!("{}#{}", instant(last.at), self.id))
    }

    fn to_item(&self, lane: &EndpointLane) -> Result<Item, StoreError> {
        let mut written = item(lane_key(lane), format!("{EVENT}{}", self.id), self)?;
        if self.fate == Fate::Waiting {
            written.insert(OPEN.to_owned(), text(self.order()));
        }
        if let Some(listed) = self.listed() {
            written.insert(LISTED.to_owned(), text(listed));
        }
        let expires = self.at.saturating_add(KEPT_FOR).unwrap_or(Timestamp::MAX);
        written.insert("expiresAt".to_owned(), number(expires.as_second()));
        Ok(written)
    }
}

fn read(item: &Item) -> Result<KeptEvent, StoreError> {
    let id = sort_key(item)?.strip_prefix(EVENT).ok_or(StoreError::Corrupt)?.to_owned();
    Ok(KeptEvent { id, ..body(item)? })
}

/// Events by their latest attempts.
#[derive(Clone, Debug, Default)]
pub struct EventPage {
    /// The events.
    pub events: Vec<KeptEvent>,
    /// The place after which the next page begins. `None` if there is no more.
    pub next: Option<String>,
}

impl Store {
    /// Keeps an event for an endpoint, unless it is kept already. Returns whether it is new. One write.
    pub async fn keep_event(
        &self,
        lane: &EndpointLane,
        event: &KeptEvent,
    ) -> Result<bool, StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(event.to_item(lane)?))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await;
        match put.map_err(StoreError::from) {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Stores an event after an attempt. Only the holder of the lane calls this. One write.
    pub async fn save_event(
        &self,
        lane: &EndpointLane,
        event: &KeptEvent,
    ) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&self.table);
        put.set_item(Some(event.to_item(lane)?)).known_format_only().send().await?;
        Ok(())
    }

    /// The events that wait, in the order in which they are sent, after this place. One consistent query.
    pub async fn waiting_events(
        &self,
        lane: &EndpointLane,
        after: Option<&str>,
        limit: u16,
    ) -> Result<Vec<KeptEvent>, StoreError> {
        let found = self
            .partition(lane_key(lane))
            .index_name(OPEN)
            .key_condition_expression("pk = :pk AND #open > :after")
            .expression_attribute_names("#open", OPEN)
            .expression_attribute_values(":after", text(after.unwrap_or("!")))
            .limit(i32::from(limit))
            .send()
            .await?;
        Ok(readable(found.items(), read))
    }

    /// How many events wait, at most `limit`. One query.
    pub async fn count_waiting(
        &self,
        lane: &EndpointLane,
        limit: u16,
    ) -> Result<usize, StoreError> {
        let found = self
            .partition(lane_key(lane))
            .index_name(OPEN)
            .select(Select::Count)
            .limit(i32::from(limit))
            .send()
            .await?;
        Ok(usize::try_from(found.count()).unwrap_or_default())
    }

    /// Events that were sent or given up, the latest attempts first. One query.
    pub async fn latest_attempts(
        &self,
        lane: &EndpointLane,
        after: Option<&str>,
        limit: u16,
    ) -> Result<EventPage, StoreError> {
        let query = self
            .partition(lane_key(lane))
            .index_name(LISTED)
            .scan_index_forward(false)
            .limit(i32::from(limit));
        let query = match after {
            Some(place) => query
                .key_condition_expression("pk = :pk AND #listed < :place")
                .expression_attribute_names("#listed", LISTED)
                .expression_attribute_values(":place", text(place)),
            None => query,
        };
        let found = query.send().await?;
        let events = readable(found.items(), read);
        let next = found.last_evaluated_key().and_then(|_| events.last()?.listed());
        Ok(EventPage { events, next })
    }

    /// Events whose latest attempts were between two instants, the oldest attempts first, after this place.
    /// One consistent query.
    pub async fn attempted_between(
        &self,
        lane: &EndpointLane,
        after: &str,
        until: Timestamp,
        limit: u16,
    ) -> Result<EventPage, StoreError> {
        let found = self
            .partition(lane_key(lane))
            .index_name(LISTED)
            .key_condition_expression("pk = :pk AND #listed BETWEEN :after AND :until")
            .expression_attribute_names("#listed", LISTED)
            .expression_attribute_values(":after", text(after))
            .expression_attribute_values(":until", text(format!("{}~", instant(until))))
            .limit(i32::from(limit))
            .send()
            .await?;
        let events = readable(found.items(), read);
        let more = found.last_evaluated_key().is_some();
        let next = events.last().filter(|_| more).and_then(KeptEvent::listed);
        Ok(EventPage { events, next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane() -> EndpointLane {
        "acme#main#00000000-0000-0000-0000-000000000005".parse().unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn event(id: &str, second: i64) -> KeptEvent {
        KeptEvent::new(id.to_owned(), "booking.synced".to_owned(), at(second), "{}".to_owned())
    }

    #[test]
    fn an_event_is_open_while_it_waits_and_listed_once_it_was_sent_and_expires_after_30_days() {
        let waiting = event("evt_1", 0);
        let item = waiting.to_item(&lane()).unwrap();
        assert_eq!(read(&item).unwrap(), waiting);
        assert!(item.contains_key(OPEN) && !item.contains_key(LISTED));
        assert_eq!(item["expiresAt"], number(30 * 86_400));
        let last = Some(LastAttempt { at: at(7), ended: Attempted::Status(204) });
        let delivered = KeptEvent { fate: Fate::Delivered, attempts: 1, last, ..waiting };
        let item = delivered.to_item(&lane()).unwrap();
        assert_eq!(read(&item).unwrap(), delivered);
        assert!(!item.contains_key(OPEN) && item.contains_key(LISTED));
        let again = delivered.again();
        assert!(again.to_item(&lane()).unwrap().contains_key(OPEN));
    }

    #[test]
    fn events_are_sent_as_they_happened_and_one_that_must_wait_comes_later() {
        let (first, second) = (event("evt_9", 1), event("evt_1", 2));
        assert!(first.order() < second.order());
        let waits = KeptEvent { not_before: at(60), ..first };
        assert!(waits.order() > second.order());
    }
}
