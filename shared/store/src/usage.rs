//! How much a practice uses Halo. There is one item for each practice and day. Figures are added to it.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use domain::ids::PracticeId;
use domain::usage::{Usage, UsageDay};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::error::StoreError;
use crate::format::{KnownFormatOnly, check_format};
use crate::item::{Item, key, number, readable, sort_key, text};
use crate::table::Store;

const QUERIES: &str = "queries";
const OTHER: &str = "otherCalls";
const SENT: &str = "bytesSent";
const RECEIVED: &str = "bytesReceived";
/// The beginning of the attribute of a purpose. A map would not work: DynamoDB cannot add to a map that
/// does not exist yet.
const PURPOSE: &str = "of#";
const ANSWERED: &str = "answeredAt";
const NEAR_CAP_PUBLISHED: &str = "toldAt";
/// How many of the latest days are searched for the last answer.
const DAYS_OF_ANSWERS: i32 = 31;

fn usage_key(practice: &PracticeId) -> String {
    format!("USAGE#{practice}")
}

fn day_key(practice: &PracticeId, date: Date) -> Item {
    key(usage_key(practice), date.to_string())
}

impl Store {
    /// Adds to a practice's usage of a day, and returns the whole day's usage. One write. If its answer
    /// is lost, the addition may be repeated. So a figure can be too high, but never too low.
    pub async fn add_usage(
        &self,
        practice: &PracticeId,
        date: Date,
        used: &Usage,
    ) -> Result<UsageDay, StoreError> {
        let totals = [
            (QUERIES.to_owned(), used.queries),
            (OTHER.to_owned(), used.other_calls),
            (SENT.to_owned(), used.bytes_sent),
            (RECEIVED.to_owned(), used.bytes_received),
        ];
        let purposes = used.by_purpose.iter().map(|(name, &n)| (format!("{PURPOSE}{name}"), n));
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(day_key(practice, date)))
            .return_values(ReturnValue::AllNew);
        let mut sums = Vec::new();
        for (index, (name, more)) in totals.into_iter().chain(purposes).enumerate() {
            if more > 0 {
                sums.push(format!("#n{index} :n{index}"));
                update = update
                    .expression_attribute_names(format!("#n{index}"), name)
                    .expression_attribute_values(format!(":n{index}"), number(more));
            }
        }
        let mut set = "SET expiresAt = :expires".to_owned();
        update = update.expression_attribute_values(":expires", number(expires(date)?));
        if let Some(at) = used.answered_at {
            set += &format!(", {ANSWERED} = :answered");
            update = update.expression_attribute_values(":answered", text(at.to_string()));
        }
        let add = if sums.is_empty() { String::new() } else { format!(" ADD {}", sums.join(", ")) };
        let done = update.update_expression(set + &add).known_format_only().send().await?;
        read(&done.attributes.ok_or(StoreError::Corrupt)?)
    }

    /// A practice's usage of each day from `from` to `to`, both included, oldest first. Days without
    /// usage are left out.
    pub async fn usage(
        &self,
        practice: &PracticeId,
        from: Date,
        to: Date,
    ) -> Result<Vec<UsageDay>, StoreError> {
        let mut days = Vec::new();
        let mut after = None;
        loop {
            let page = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
                .expression_attribute_values(":pk", text(usage_key(practice)))
                .expression_attribute_values(":from", text(from.to_string()))
                .expression_attribute_values(":to", text(to.to_string()))
                .set_exclusive_start_key(after)
                .send()
                .await?;
            days.extend(readable(page.items(), read));
            after = page.last_evaluated_key;
            if after.is_none() {
                return Ok(days);
            }
        }
    }

    /// When the practice's Bp last answered or refused a query, according to the latest days with usage.
    /// One query.
    pub async fn last_answer(
        &self,
        practice: &PracticeId,
    ) -> Result<Option<Timestamp>, StoreError> {
        let days = self
            .partition(usage_key(practice))
            .projection_expression(ANSWERED)
            .scan_index_forward(false)
            .limit(DAYS_OF_ANSWERS)
            .send()
            .await?;
        Ok(days.items().iter().find_map(answered))
    }

    /// Stores that the event about a day's usage near the cap was published. Call it after publishing: a
    /// crash between the two repeats the event.
    pub async fn set_near_cap_published(
        &self,
        practice: &PracticeId,
        date: Date,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(day_key(practice, date)))
            .update_expression(format!("SET {NEAR_CAP_PUBLISHED} = :at, expiresAt = :expires"))
            .known_format_only()
            .expression_attribute_values(":at", text(at.to_string()))
            .expression_attribute_values(":expires", number(expires(date)?))
            .send()
            .await?;
        Ok(())
    }
}

/// When DynamoDB deletes a day's item.
fn expires(date: Date) -> Result<i64, StoreError> {
    let begins = date.to_zoned(TimeZone::UTC).map_err(|_| StoreError::Corrupt)?.timestamp();
    Ok(begins.saturating_add(Usage::KEPT_FOR).map_err(|_| StoreError::Corrupt)?.as_second())
}

fn answered(item: &Item) -> Option<Timestamp> {
    item.get(ANSWERED).and_then(|at| at.as_s().ok()).and_then(|at| at.parse().ok())
}

fn read(item: &Item) -> Result<UsageDay, StoreError> {
    check_format(item)?;
    let amount = |value: &AttributeValue| value.as_n().ok().and_then(|n| n.parse::<u64>().ok());
    let whole = |name: &str| item.get(name).map_or(Some(0), amount).ok_or(StoreError::Corrupt);
    let mut by_purpose = BTreeMap::new();
    for (name, value) in item {
        if let Some(purpose) = name.strip_prefix(PURPOSE) {
            by_purpose.insert(purpose.to_owned(), amount(value).ok_or(StoreError::Corrupt)?);
        }
    }
    let usage = Usage {
        queries: whole(QUERIES)?,
        other_calls: whole(OTHER)?,
        bytes_sent: whole(SENT)?,
        bytes_received: whole(RECEIVED)?,
        by_purpose,
        answered_at: answered(item),
    };
    let date = sort_key(item)?.parse().map_err(|_| StoreError::Corrupt)?;
    Ok(UsageDay { date, usage, near_cap_published: item.contains_key(NEAR_CAP_PUBLISHED) })
}
