//! When each practice's jobs are due. Each practice and job has one item. The index `due` finds the
//! items of all practices by their time.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::ids::PracticeId;
use domain::schedule::{Job, scatter};
use jiff::Timestamp;

use crate::error::StoreError;
use crate::format::{KnownFormatOnly, check_format};
use crate::item::{Item, instant, key, practice_of_work, readable, sort_key, text, work_key};
use crate::refusal::TableError;
use crate::table::Store;

const JOB: &str = "JOB#";
/// How many partitions of the index the practices are spread over. One partition of DynamoDB takes a
/// thousand writes a second.
pub const JOB_SHARDS: u32 = 4;

/// A job that is due.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DueJob {
    pub practice: PracticeId,
    pub job: Job,
    /// Since when it is due. Identifies this turn in [`Store::claim_job`].
    pub since: Timestamp,
}

fn job_key(practice: &PracticeId, job: Job) -> Item {
    key(work_key(practice), format!("{JOB}{job}"))
}

/// The item that says when a practice's job is due.
fn turn(practice: &PracticeId, job: Job, at: Timestamp) -> Item {
    let mut turn = job_key(practice, job);
    turn.insert("dueShard".to_owned(), text(shard_of(practice)));
    turn.insert("dueAt".to_owned(), text(instant(at)));
    turn
}

fn shard_of(practice: &PracticeId) -> String {
    shard_name(scatter(practice) % JOB_SHARDS)
}

fn shard_name(shard: u32) -> String {
    format!("job-{shard}")
}

impl Store {
    /// Sets when a practice's job runs next, and replaces an earlier setting.
    pub async fn schedule(
        &self,
        practice: &PracticeId,
        job: Job,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let put = self.put_turn(practice, job, at).known_format_only();
        was_done(put.send().await).map(drop)
    }

    /// Sets when a practice's job runs next, unless a time is set already. Returns whether it was set
    /// now.
    pub async fn schedule_if_absent(
        &self,
        practice: &PracticeId,
        job: Job,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let put = self.put_turn(practice, job, at);
        was_done(put.condition_expression("attribute_not_exists(pk)").send().await)
    }

    /// Makes a practice's job due at this time at the latest.
    pub async fn schedule_by(
        &self,
        practice: &PracticeId,
        job: Job,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let put = self
            .put_turn(practice, job, at)
            .only_if("attribute_not_exists(pk) OR dueAt > :at")
            .expression_attribute_values(":at", text(instant(at)));
        was_done(put.send().await).map(drop)
    }

    /// Makes a practice's job due now, if the practice has that job and it is not due already.
    pub async fn bring_forward(
        &self,
        practice: &PracticeId,
        job: Job,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(job_key(practice, job)))
            .update_expression("SET dueAt = :now")
            .only_if("dueAt > :now")
            .expression_attribute_values(":now", text(instant(now)));
        was_done(update.send().await).map(drop)
    }

    /// The write that sets when a practice's job runs next, for a transaction. `None` if a newer release
    /// wrote the job's item: the transaction must not fail because of it. One read.
    pub(crate) async fn schedule_in_transaction(
        &self,
        practice: &PracticeId,
        job: Job,
        at: Timestamp,
    ) -> Result<Option<TransactWriteItem>, StoreError> {
        let known = self.found(job_key(practice, job)).await?;
        match known.as_ref().map(check_format).transpose() {
            Err(StoreError::NewerFormat) => {
                log_newer_format();
                Ok(None)
            }
            _ => self.put(turn(practice, job, at)).map(Some),
        }
    }

    fn put_turn(&self, practice: &PracticeId, job: Job, at: Timestamp) -> PutItemFluentBuilder {
        let turn = turn(practice, job, at);
        self.client.put_item().table_name(&self.table).set_item(Some(turn))
    }

    /// The jobs of one shard (below [`JOB_SHARDS`]) that are due, at most `most`, the longest overdue
    /// first. One query, whose cost depends on what it finds. An item that cannot be read is left out
    /// and logged, so that the jobs of other practices still run.
    pub async fn due_jobs(
        &self,
        shard: u32,
        now: Timestamp,
        most: u16,
    ) -> Result<Vec<DueJob>, StoreError> {
        let found = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("due")
            .key_condition_expression("dueShard = :shard AND dueAt <= :now")
            .expression_attribute_values(":shard", text(shard_name(shard)))
            .expression_attribute_values(":now", text(instant(now)))
            .limit(i32::from(most))
            .send()
            .await?;
        Ok(readable(found.items(), read))
    }

    /// Claims a due job, so that it is not found again before `retry`. Until then the worker sets its
    /// next time with [`Store::reschedule_job`]. If the worker dies, the job is found again. Returns whether
    /// the claim succeeded.
    pub async fn claim_job(&self, due: &DueJob, retry: Timestamp) -> Result<bool, StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(job_key(&due.practice, due.job)))
            .update_expression("SET dueAt = :retry")
            .only_if("dueAt = :since")
            .expression_attribute_values(":retry", text(instant(retry)))
            .expression_attribute_values(":since", text(instant(due.since)));
        was_done(update.send().await)
    }

    /// Sets when a finished job is due again: at `next`, or at once if it was requested while it ran, because
    /// the run may have missed the reason.
    ///
    /// # Errors
    /// When the table does not answer. The turn is then repeated.
    pub async fn reschedule_job(
        &self,
        practice: &PracticeId,
        job: Job,
        next: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let put = self
            .put_turn(practice, job, next)
            .only_if("attribute_not_exists(pk) OR dueAt > :now")
            .expression_attribute_values(":now", text(instant(now)));
        was_done(put.send().await).map(drop)
    }
}

/// Whether a conditional write was done. A job's item in a newer format stays as it is. The newer release
/// then runs the job at the time that the item says.
fn was_done<T, E: TableError, R>(outcome: Result<T, SdkError<E, R>>) -> Result<bool, StoreError> {
    match outcome.map_err(StoreError::from) {
        Ok(_) => Ok(true),
        Err(StoreError::Conflict) => Ok(false),
        Err(StoreError::NewerFormat) => {
            log_newer_format();
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

fn log_newer_format() {
    tracing::warn!("a job's item has a newer format and is left to the newer release");
}

fn read(item: &Item) -> Result<DueJob, StoreError> {
    check_format(item)?;
    let since = item.get("dueAt").and_then(|at| at.as_s().ok()).ok_or(StoreError::Corrupt)?;
    let job = sort_key(item)?.strip_prefix(JOB).ok_or(StoreError::Corrupt)?;
    Ok(DueJob {
        practice: practice_of_work(item)?,
        job: Job::parse(job).map_err(|_| StoreError::Corrupt)?,
        since: since.parse().map_err(|_| StoreError::Corrupt)?,
    })
}
