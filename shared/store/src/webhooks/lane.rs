//! An endpoint's lane: who sends to it now, when something is due, and how it fares.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use domain::webhooks::EndpointLane;
use jiff::Timestamp;
use ledger::{Holder, Lease};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::format::{KnownFormatOnly, check_format};
use crate::item::{Item, instant, key, number, readable, text};
use crate::table::Store;
use crate::work::{again_when_busy, integer, string};

const LANE: &str = "LANE";
const LANES: &str = "HOOK#";
/// Nobody holds the lane, and the endpoint itself need not be left alone.
const AT_ONCE: &str = "attribute_not_exists(holder) AND attribute_not_exists(standing.nextAttempt)";
/// The number of partitions over which endpoints' lanes are spread in the index `due`.
pub const ENDPOINT_SHARDS: u8 = 4;

pub(super) fn lane_key(lane: &EndpointLane) -> String {
    format!("{LANES}{lane}")
}

fn shard_name(shard: u8) -> String {
    format!("webhook-{shard}")
}

fn shard_of(lane: &EndpointLane) -> String {
    shard_name(lane.instance.as_bytes()[0] % ENDPOINT_SHARDS)
}

/// Events to send again.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Replay {
    /// Events from this instant on.
    pub from: Timestamp,
    /// Events until this instant.
    pub to: Timestamp,
    /// When it was asked for. What was sent after that is not sent again.
    pub asked_at: Timestamp,
    /// How far it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// How an endpoint fares.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    /// How often in a row it failed.
    #[serde(default)]
    pub failures: u32,
    /// Since when it fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    /// Nothing is sent before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt: Option<Timestamp>,
    /// When it last took an event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_success: Option<Timestamp>,
    /// How often its failures were forgotten at its platform's wish.
    #[serde(default)]
    pub resets: u64,
}

impl Standing {
    /// Forgets failures if they were forgotten more often, in the table, than this standing knows.
    pub fn forget_failures_before(&mut self, resets: u64) {
        if resets > self.resets {
            *self = Self { resets, last_success: self.last_success, ..Self::default() };
        }
    }
}

/// A lane that this worker holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TakenLane {
    /// Rises each time that an event arrives, or that somebody asks for a replay.
    pub arrivals: u64,
    /// How the endpoint fares.
    pub standing: Standing,
    /// The replay that was asked for.
    pub replay: Option<Replay>,
}

/// The result of releasing a lane.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EndpointRelease {
    /// The lane is free.
    Free,
    /// Something arrived meanwhile. The lane is still ours.
    Arrived,
    /// The lane is not ours any more.
    Lost,
}

/// A lane where something is due.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DueEndpoint {
    pub lane: EndpointLane,
    /// Since when.
    pub due: Timestamp,
}

impl Store {
    /// Counts an arrival in a lane, and makes it due now unless a sender holds it or the endpoint itself must be left
    /// alone. An event that waits on its own delays no other. Returns whether a sender must be woken. One write, or two.
    pub async fn arrive(&self, lane: &EndpointLane, now: Timestamp) -> Result<bool, StoreError> {
        const DUE_NOW: &str = "ADD arrivals :one SET dueShard = :shard, dueAt = :now";
        const DUE: &str =
            "ADD arrivals :one SET dueShard = :shard, dueAt = if_not_exists(dueAt, :now)";
        let item = match self.make_due(lane, now, DUE_NOW, AT_ONCE).await {
            Err(StoreError::Conflict) => self.make_due(lane, now, DUE, "").await?,
            outcome => outcome?,
        };
        Ok(string(&item, "dueAt").is_some_and(|due| due <= instant(now).as_str()))
    }

    /// Forgets an endpoint's failures, so that it is tried now: its address has changed, or its platform says that
    /// it works again. One write.
    pub async fn retry_endpoint(
        &self,
        lane: &EndpointLane,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        const RETRY: &str = "ADD arrivals :one, resets :one SET dueShard = :shard, dueAt = :now";
        self.make_due(lane, now, RETRY, "").await.map(|_| ())
    }

    async fn make_due(
        &self,
        lane: &EndpointLane,
        now: Timestamp,
        update: &str,
        condition: &str,
    ) -> Result<Item, StoreError> {
        let updated = again_when_busy(|| async {
            Ok(self
                .client
                .update_item()
                .table_name(&self.table)
                .set_key(Some(key(lane_key(lane), LANE)))
                .update_expression(update)
                .only_if(condition)
                .expression_attribute_values(":one", number(1))
                .expression_attribute_values(":now", text(instant(now)))
                .expression_attribute_values(":shard", text(shard_of(lane)))
                .return_values(ReturnValue::AllNew)
                .send()
                .await?)
        });
        updated.await?.attributes.ok_or(StoreError::Corrupt)
    }

    /// Stores a request for a replay, unless one is under way. Returns whether it was stored. One write.
    pub async fn request_replay(
        &self,
        lane: &EndpointLane,
        replay: &Replay,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let value: AttributeValue = serde_dynamo::to_attribute_value(replay)?;
        let updated = again_when_busy(|| async {
            self.client
                .update_item()
                .table_name(&self.table)
                .set_key(Some(key(lane_key(lane), LANE)))
                .update_expression(
                    "ADD arrivals :one SET replay = :replay, dueShard = :shard, dueAt = if_not_exists(dueAt, :now)",
                )
                .only_if("attribute_not_exists(replay)")
                .expression_attribute_values(":one", number(1))
                .expression_attribute_values(":replay", value.clone())
                .expression_attribute_values(":now", text(instant(now)))
                .expression_attribute_values(":shard", text(shard_of(lane)))
                .send()
                .await?;
            Ok(())
        })
        .await;
        match updated {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Claims a lane. While it is held, it is due at the lease's end, so that the sweep finds it after a crash.
    /// `None` if another sender holds it. One write.
    pub async fn claim_endpoint(
        &self,
        lane: &EndpointLane,
        lease: &Lease,
        now: Timestamp,
    ) -> Result<Option<TakenLane>, StoreError> {
        let taken = again_when_busy(|| async {
            Ok(self
                .client
                .update_item()
                .table_name(&self.table)
                .set_key(Some(key(lane_key(lane), LANE)))
                .update_expression(
                    "SET holder = :holder, leaseUntil = :until, dueShard = :shard, dueAt = :due, \
                     arrivals = if_not_exists(arrivals, :none)",
                )
                .only_if(
                    "attribute_not_exists(leaseUntil) OR leaseUntil <= :now OR holder = :holder",
                )
                .expression_attribute_values(":none", number(0))
                .expression_attribute_values(":holder", text(&lease.holder.0))
                .expression_attribute_values(":until", number(lease.until.as_millisecond()))
                .expression_attribute_values(":now", number(now.as_millisecond()))
                .expression_attribute_values(":shard", text(shard_of(lane)))
                .expression_attribute_values(":due", text(instant(lease.until)))
                .return_values(ReturnValue::AllNew)
                .send()
                .await?)
        })
        .await;
        match taken {
            Ok(taken) => taken.attributes().map(read).transpose(),
            Err(StoreError::Conflict) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Stores how far a replay is. `None` if it has ended. Only the holder calls this. One write.
    pub async fn save_replay(
        &self,
        lane: &EndpointLane,
        holder: &Holder,
        replay: Option<&Replay>,
    ) -> Result<(), StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(lane_key(lane), LANE)))
            .only_if("holder = :holder")
            .expression_attribute_values(":holder", text(&holder.0));
        let update = match replay {
            Some(replay) => update
                .update_expression("SET replay = :replay")
                .expression_attribute_values(":replay", serde_dynamo::to_attribute_value(replay)?),
            None => update.update_expression("REMOVE replay"),
        };
        update.send().await?;
        Ok(())
    }

    /// Releases a lane, unless something has arrived since it was claimed. `due` is when something is due next.
    /// After an arrival, `taken` is as it is now. One write; one read more after an arrival.
    pub async fn release_endpoint(
        &self,
        lane: &EndpointLane,
        holder: &Holder,
        taken: &mut TakenLane,
        due: Option<Timestamp>,
    ) -> Result<EndpointRelease, StoreError> {
        let standing: AttributeValue = serde_dynamo::to_attribute_value(&taken.standing)?;
        let (set, remove) = match due {
            Some(_) => (", dueAt = :due, dueShard = :shard", ""),
            None => ("", ", dueAt, dueShard"),
        };
        let released = again_when_busy(|| async {
            let mut update = self
                .client
                .update_item()
                .table_name(&self.table)
                .set_key(Some(key(lane_key(lane), LANE)))
                .update_expression(format!(
                    "SET standing = :standing{set} REMOVE holder, leaseUntil{remove}"
                ))
                .only_if("holder = :holder AND arrivals = :arrivals")
                .expression_attribute_values(":standing", standing.clone())
                .expression_attribute_values(":holder", text(&holder.0))
                .expression_attribute_values(":arrivals", number(taken.arrivals));
            if let Some(due) = due {
                update = update
                    .expression_attribute_values(":due", text(instant(due)))
                    .expression_attribute_values(":shard", text(shard_of(lane)));
            }
            update.send().await?;
            Ok(())
        })
        .await;
        match released {
            Ok(()) => return Ok(EndpointRelease::Free),
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error),
        }
        let Some(found) = self.found(key(lane_key(lane), LANE)).await? else {
            return Ok(EndpointRelease::Lost);
        };
        if string(&found, "holder") != Some(holder.0.as_str()) {
            return Ok(EndpointRelease::Lost);
        }
        let now = read(&found)?;
        taken.standing.forget_failures_before(now.standing.resets);
        (taken.arrivals, taken.replay) = (now.arrivals, now.replay);
        Ok(EndpointRelease::Arrived)
    }

    /// Deletes the lane of an endpoint that is no more.
    pub async fn delete_lane(
        &self,
        lane: &EndpointLane,
        holder: &Holder,
    ) -> Result<(), StoreError> {
        let deleted = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key(lane_key(lane), LANE)))
            .only_if("holder = :holder")
            .expression_attribute_values(":holder", text(&holder.0))
            .send()
            .await;
        match deleted.map_err(StoreError::from) {
            Ok(_) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// How an endpoint fares. One consistent read.
    pub async fn endpoint_standing(&self, lane: &EndpointLane) -> Result<Standing, StoreError> {
        let found = self.found(key(lane_key(lane), LANE)).await?;
        Ok(found.as_ref().map(read).transpose()?.unwrap_or_default().standing)
    }

    /// Lanes of one shard where something is due, the longest overdue first. One query. An item that cannot be
    /// read is left out and logged.
    pub async fn due_endpoints(
        &self,
        shard: u8,
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<DueEndpoint>, StoreError> {
        let found = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("due")
            .key_condition_expression("dueShard = :shard AND dueAt <= :now")
            .expression_attribute_values(":shard", text(shard_name(shard)))
            .expression_attribute_values(":now", text(instant(now)))
            .limit(i32::from(limit))
            .send()
            .await?;
        Ok(readable(found.items(), due))
    }
}

fn due(item: &Item) -> Result<DueEndpoint, StoreError> {
    let lane = string(item, "pk").and_then(|pk| pk.strip_prefix(LANES));
    let due = string(item, "dueAt").and_then(|at| at.parse().ok());
    let lane = lane.and_then(|lane| lane.parse().ok());
    lane.zip(due).map(|(lane, due)| DueEndpoint { lane, due }).ok_or(StoreError::Corrupt)
}

fn read(item: &Item) -> Result<TakenLane, StoreError> {
    check_format(item)?;
    let entity = |name: &str| item.get(name).cloned();
    let count =
        |name: &str| integer(item, name).and_then(|it| u64::try_from(it).ok()).unwrap_or_default();
    let standing = entity("standing").map(serde_dynamo::from_attribute_value).transpose()?;
    let mut standing: Standing = standing.unwrap_or_default();
    standing.forget_failures_before(count("resets"));
    Ok(TakenLane {
        arrivals: count("arrivals"),
        standing,
        replay: entity("replay").map(serde_dynamo::from_attribute_value).transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_forgotten_once_for_each_wish_of_the_platform() {
        let failing = Standing {
            failures: 3,
            failing_since: Some(Timestamp::UNIX_EPOCH),
            next_attempt: Some(Timestamp::UNIX_EPOCH),
            last_success: Some(Timestamp::UNIX_EPOCH),
            resets: 1,
        };
        let mut standing = failing.clone();
        standing.forget_failures_before(1);
        assert_eq!(standing, failing);
        standing.forget_failures_before(2);
        let last_success = failing.last_success;
        assert_eq!(standing, Standing { last_success, resets: 2, ..Standing::default() });
    }
}
