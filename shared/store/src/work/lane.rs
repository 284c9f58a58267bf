//! A practice's lane: who writes to the site now, and when there is something to do.

use aws_sdk_dynamodb::types::ReturnValue;
use domain::ids::{PracticeId, SiteId};
use domain::problem::ProblemType;
use domain::schedule::scatter;
use jiff::Timestamp;
use ledger::{Holder, Lease};
use serde::{Deserialize, Serialize};

use super::pace::Pace;
use crate::error::StoreError;
use crate::format::{KnownFormatOnly, check_format};
use crate::item::{Item, instant, key, number, practice_of_work, readable, text, work_key};
use crate::table::Store;
use crate::transaction::pause;

pub(super) const LANE: &str = "LANE";
pub(super) const DUE: &str = "due";

/// The number of partitions over which lanes are spread in the index `due`.
pub const LANE_SHARDS: u8 = 4;

/// The shard of a practice's lane.
pub(super) fn shard_of(practice: &PracticeId) -> String {
    (scatter(practice) % u32::from(LANE_SHARDS)).to_string()
}

/// Why nothing is sent to a site for now.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ParkReason {
    /// The practice's server is off or silent.
    Offline,
    /// The practice was never connected, or is no longer.
    NotConnected,
    /// The practice withdrew our permission in Bp.
    Revoked,
    /// Halo no longer lets us query the site. The practice must be paired again.
    PairingLost,
    /// Halo no longer knows the site.
    SiteUnknown,
    /// Another practice now answers under the site's number.
    SiteChanged,
    /// Halo cannot be reached, or fails.
    HaloUnavailable,
    /// Halo's rate limit.
    RateLimited,
    /// Halo refuses our key. An earlier release stored every refusal of our calls as this one.
    #[serde(alias = "refused")]
    KeyRefused,
    /// Halo refuses our address.
    AddressRefused,
    /// Our quota at Halo is used up.
    QuotaUsed,
}

impl ParkReason {
    /// The problem that callers see.
    #[must_use]
    pub fn problem(self) -> ProblemType {
        match self {
            Self::Offline => ProblemType::SiteOffline,
            Self::NotConnected => ProblemType::NotConnected,
            Self::Revoked => ProblemType::IntegrationNotEnabled,
            Self::PairingLost => ProblemType::PairingLost,
            Self::SiteUnknown => ProblemType::SiteUnknown,
            Self::SiteChanged => ProblemType::PracticeChanged,
            Self::HaloUnavailable => ProblemType::HaloUnavailable,
            Self::RateLimited => ProblemType::HaloBusy,
            Self::KeyRefused => ProblemType::HaloKeyRefused,
            Self::AddressRefused => ProblemType::HaloAddressRefused,
            Self::QuotaUsed => ProblemType::HaloQuotaUsed,
        }
    }
}

/// A parked lane.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Parked {
    pub reason: ParkReason,
    /// Since when it is parked.
    pub since: Timestamp,
    /// When the site is checked again. Nothing is sent before.
    #[serde(rename = "nextLook")]
    pub next_check: Timestamp,
    /// How many checks there were so far.
    #[serde(rename = "looks")]
    pub checks: u32,
}

/// A practice's lane.
#[derive(Clone, Debug, Default)]
pub struct Lane {
    /// Rises each time that an entry is accepted or reopened.
    pub arrivals: u64,
    /// The writer's lease.
    pub lease: Option<Lease>,
    /// The reason and the next check, if the lane is parked.
    pub parked: Option<Parked>,
    /// When the site was last seen online.
    pub seen_online: Option<Timestamp>,
    /// When something is due.
    pub due: Option<Timestamp>,
    /// When the wake-up that was sent to the writer arrives.
    pub wake_sent_for: Option<Timestamp>,
    /// The site that the practice owned when the lane was last released. It may belong to another practice now.
    pub site: Option<SiteId>,
    /// When to ask for the end of a query.
    pub pace: Pace,
}

/// What a writer stores when it releases a lane.
#[derive(Clone, Debug, Default)]
pub struct LaneRelease {
    /// When something is due next; `None` when nothing is.
    pub due: Option<Timestamp>,
    /// The reason and the next check, if the lane is parked.
    pub parked: Option<Parked>,
    /// When the site was last seen online.
    pub seen_online: Option<Timestamp>,
    /// When the wake-up that was sent to the writer arrives.
    pub wake_sent_for: Option<Timestamp>,
    /// The site that the practice owns.
    pub site: Option<SiteId>,
    /// When to ask for the end of a query.
    pub pace: Pace,
}

/// The result of releasing a lane.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Released {
    /// The lane is free.
    Free {
        /// Whether another practice's writer waits for the site.
        site_wanted: bool,
    },
    /// Something arrived meanwhile; the lane is still ours.
    Arrived {
        /// The lane's arrivals now.
        arrivals: u64,
    },
    /// The lane was no longer ours.
    Lost,
}

/// A lane where something is due.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DueLane {
    pub practice: PracticeId,
    /// Since when.
    pub due: Timestamp,
}

impl Store {
    /// A practice's lane. `None` before its first work. One consistent read.
    pub async fn lane(&self, practice: &PracticeId) -> Result<Option<Lane>, StoreError> {
        let found = self.found(key(work_key(practice), LANE)).await?;
        found.as_ref().map(read).transpose()
    }

    /// Claims a lane. While it is held, it is due at the lease's end, so that the sweep finds it after a
    /// crash. `None` if another writer holds it. One write.
    pub async fn claim_lane(
        &self,
        practice: &PracticeId,
        lease: &Lease,
        now: Timestamp,
    ) -> Result<Option<Lane>, StoreError> {
        let outcome = again_when_busy(|| async {
            Ok(self
                .client
                .update_item()
                .table_name(&self.table)
                .set_key(Some(key(work_key(practice), LANE)))
                .update_expression(
                    "SET holder = :holder, leaseUntil = :until, dueShard = :shard, dueAt = :due, \
                     arrivals = if_not_exists(arrivals, :none)",
                )
                // An earlier try of this call may have been written although its answer was lost.
                .only_if(
                    "attribute_not_exists(leaseUntil) OR leaseUntil <= :now OR holder = :holder",
                )
                .expression_attribute_values(":none", number(0))
                .expression_attribute_values(":holder", text(&lease.holder.0))
                .expression_attribute_values(":until", number(lease.until.as_millisecond()))
                .expression_attribute_values(":now", number(now.as_millisecond()))
                .expression_attribute_values(":shard", text(shard_of(practice)))
                .expression_attribute_values(":due", text(instant(lease.until)))
                .return_values(ReturnValue::AllNew)
                .send()
                .await?)
        })
        .await;
        match outcome {
            Ok(taken) => taken.attributes().map(read).transpose(),
            Err(StoreError::Conflict) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Releases a lane, unless something has arrived since `arrivals` was read. One write.
    pub async fn release_lane(
        &self,
        practice: &PracticeId,
        holder: &Holder,
        arrivals: u64,
        end: &LaneRelease,
    ) -> Result<Released, StoreError> {
        let mut set = Vec::new();
        let mut remove = vec!["holder", "leaseUntil", "siteWanted"];
        set.push("pace = :pace");
        let mut values = vec![(":holder", text(&holder.0)), (":arrivals", number(arrivals))];
        values.push((":pace", serde_dynamo::to_attribute_value(end.pace)?));
        match end.due {
            Some(due) => {
                set.push("dueAt = :due, dueShard = :shard");
                values.push((":due", text(instant(due))));
                values.push((":shard", text(shard_of(practice))));
            }
            None => remove.extend(["dueAt", "dueShard"]),
        }
        match &end.parked {
            Some(parked) => {
                set.push("parked = :parked");
                values.push((":parked", serde_dynamo::to_attribute_value(parked)?));
            }
            None => remove.push("parked"),
        }
        match end.seen_online {
            Some(seen) => {
                set.push("seenOnline = :seen");
                values.push((":seen", text(instant(seen))));
            }
            None => remove.push("seenOnline"),
        }
        match end.wake_sent_for {
            Some(at) => {
                set.push("calledFor = :calledFor");
                values.push((":calledFor", text(instant(at))));
            }
            None => remove.push("calledFor"),
        }
        match &end.site {
            Some(site) => {
                set.push("site = :site");
                values.push((":site", text(site.as_str())));
            }
            None => remove.push("site"),
        }
        let expression = format!("SET {} REMOVE {}", set.join(", "), remove.join(", "));
        for _ in 0..BUSY_TRIES {
            let outcome = self
                .client
                .update_item()
                .table_name(&self.table)
                .set_key(Some(key(work_key(practice), LANE)))
                .update_expression(&expression)
                .set_expression_attribute_values(Some(
                    values
                        .iter()
                        .map(|(name, value)| ((*name).to_owned(), value.clone()))
                        .collect(),
                ))
                .only_if("holder = :holder AND arrivals = :arrivals")
                .return_values(ReturnValue::AllOld)
                .send()
                .await;
            let error = match outcome {
                Ok(left) => {
                    let before = left.attributes();
                    let site_wanted = before.is_some_and(|lane| lane.contains_key("siteWanted"));
                    return Ok(Released::Free { site_wanted });
                }
                Err(error) => error,
            };
            match StoreError::from(error) {
                StoreError::Conflict => {}
                StoreError::Unavailable { code } if code == BUSY => {
                    pause().await;
                    continue;
                }
                error => return Err(error),
            }
            let Some(lane) = self.lane(practice).await? else { return Ok(Released::Lost) };
            let ours = lane.lease.as_ref().is_some_and(|lease| lease.holder == *holder);
            return Ok(match ours {
                true => Released::Arrived { arrivals: lane.arrivals },
                false => Released::Lost,
            });
        }
        Err(StoreError::Unavailable { code: BUSY.to_owned() })
    }

    /// Lanes of one shard where something is due, the longest overdue first, at most `limit`. The index
    /// may be a moment behind the table. One query, whatever the number of practices. An item that
    /// cannot be read is left out and logged, so that the lanes of other practices are still found.
    pub async fn due_lanes(
        &self,
        shard: u8,
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<DueLane>, StoreError> {
        let found = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(DUE)
            .key_condition_expression("dueShard = :shard AND dueAt <= :now")
            .expression_attribute_values(":shard", text(shard.to_string()))
            .expression_attribute_values(":now", text(instant(now)))
            .limit(i32::from(limit))
            .send()
            .await?;
        Ok(readable(found.items(), due_lane))
    }
}

fn due_lane(item: &Item) -> Result<DueLane, StoreError> {
    check_format(item)?;
    let practice = practice_of_work(item)?;
    let due = string(item, "dueAt").and_then(|at| at.parse().ok()).ok_or(StoreError::Corrupt)?;
    Ok(DueLane { practice, due })
}

fn read(item: &Item) -> Result<Lane, StoreError> {
    check_format(item)?;
    let corrupt = StoreError::Corrupt;
    let at = |name: &str| match string(item, name) {
        Some(text) => text.parse::<Timestamp>().map(Some).map_err(|_| StoreError::Corrupt),
        None => Ok(None),
    };
    let lease = match (string(item, "holder"), integer(item, "leaseUntil")) {
        (Some(holder), Some(until)) => Some(Lease {
            holder: Holder(holder.to_owned()),
            until: Timestamp::from_millisecond(until).map_err(|_| corrupt.clone())?,
        }),
        _ => None,
    };
    let parked = match item.get("parked") {
        Some(parked) => Some(serde_dynamo::from_attribute_value(parked.clone())?),
        None => None,
    };
    let site =
        string(item, "site").map(SiteId::parse).transpose().map_err(|_| StoreError::Corrupt)?;
    let pace = item.get("pace").map(|pace| serde_dynamo::from_attribute_value(pace.clone()));
    Ok(Lane {
        arrivals: integer(item, "arrivals").and_then(|it| u64::try_from(it).ok()).ok_or(corrupt)?,
        lease,
        parked,
        seen_online: at("seenOnline")?,
        due: at("dueAt")?,
        wake_sent_for: at("calledFor")?,
        site,
        pace: pace.transpose()?.unwrap_or_default(),
    })
}

pub(crate) fn string<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name).and_then(|value| value.as_s().ok()).map(String::as_str)
}

pub(crate) fn integer(item: &Item, name: &str) -> Option<i64> {
    item.get(name).and_then(|value| value.as_n().ok()).and_then(|number| number.parse().ok())
}

/// DynamoDB's code for a write that met a transaction on the same item.
const BUSY: &str = "TransactionConflictException";
const BUSY_TRIES: u32 = 8;

/// Repeats a write that met a transaction on the same item. The transaction ends within milliseconds.
pub(crate) async fn again_when_busy<T, F>(write: impl Fn() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    for _ in 1..BUSY_TRIES {
        match write().await {
            Err(StoreError::Unavailable { code }) if code == BUSY => pause().await,
            outcome => return outcome,
        }
    }
    write().await
}
