//! The queues that wake workers. A message only names a practice or a document. The table says what must
//! be done, so a message may come late, twice or out of order.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use aws_sdk_sqs::types::builders::SendMessageBatchRequestEntryBuilder as BatchEntryBuilder;
use serde::{Deserialize, Serialize};

use config::QueueConfig;

/// The longest delay that SQS allows.
pub const LONGEST_DELAY: Duration = Duration::from_secs(900);
/// The most messages that SQS accepts in one call.
const BATCH: usize = 10;

/// Wakes the one writer of a practice's site.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SiteWake {
    pub practice_id: String,
    /// A job that is due. Absent if only deliveries and bookings are due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
}

/// Wakes the importer for one document of an import.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportWake {
    pub practice_id: String,
    pub import_id: String,
    pub item: u32,
}

/// Wakes the sender of a webhook endpoint's events.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointWake {
    /// The endpoint's lane, as the table names it.
    pub lane: String,
}

/// The queue did not accept a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the queue did not take the message")]
pub struct QueueUnavailable;

/// The queues that this function may send to.
#[derive(Clone, Debug)]
pub struct Queues {
    client: Client,
    config: QueueConfig,
}

impl Queues {
    /// The queues at these addresses.
    #[must_use]
    pub fn new(client: Client, config: QueueConfig) -> Self {
        Self { client, config }
    }

    /// Wakes the writer of a practice's site, after a delay of up to [`LONGEST_DELAY`].
    ///
    /// # Errors
    /// When the queue does not accept the message. The next sweep then finds what is due.
    pub async fn wake_writer(
        &self,
        practice: &str,
        delay: Duration,
    ) -> Result<(), QueueUnavailable> {
        let wake = SiteWake { practice_id: practice.to_owned(), job: None };
        self.send(self.sites()?, practice, &wake, delay).await
    }

    /// Wakes the importer for an item of an import, after a delay of up to [`LONGEST_DELAY`].
    ///
    /// # Errors
    /// When the queue does not accept the message.
    pub async fn wake_import(
        &self,
        practice: &str,
        import: &str,
        item: u32,
        delay: Duration,
    ) -> Result<(), QueueUnavailable> {
        let wake =
            ImportWake { practice_id: practice.to_owned(), import_id: import.to_owned(), item };
        self.send(self.imports()?, practice, &wake, delay).await
    }

    /// Wakes the writers of many sites, ten a call. Returns how many messages were not accepted.
    pub async fn wake_writers(&self, wakes: &[(SiteWake, Duration)]) -> usize {
        let Ok(url) = self.sites() else { return wakes.len() };
        let mut lost = 0;
        for batch in wakes.chunks(BATCH) {
            let entries =
                batch.iter().map(|(wake, delay)| entry(wake, &wake.practice_id, *delay)).collect();
            let sent = self.send_batch(url, entries).await;
            lost += sent.unwrap_or(batch.len());
        }
        lost
    }

    /// Wakes the importer for many items of an import, ten a call. Returns how many messages were not
    /// accepted.
    pub async fn wake_imports(&self, practice: &str, import: &str, items: &[u32]) -> usize {
        let Ok(url) = self.imports() else { return items.len() };
        let mut lost = 0;
        for batch in items.chunks(BATCH) {
            let wakes = batch.iter().map(|&item| ImportWake {
                practice_id: practice.to_owned(),
                import_id: import.to_owned(),
                item,
            });
            let entries = wakes.map(|wake| entry(&wake, practice, Duration::ZERO)).collect();
            let sent = self.send_batch(url, entries).await;
            lost += sent.unwrap_or(batch.len());
        }
        lost
    }

    /// Wakes the senders of webhook endpoints, ten a call. Returns how many messages were not accepted.
    pub async fn wake_senders(&self, wakes: &[(EndpointWake, Duration)]) -> usize {
        let Ok(url) = address(self.config.webhook_send_url.as_deref()) else { return wakes.len() };
        let mut lost = 0;
        for batch in wakes.chunks(BATCH) {
            let entries =
                batch.iter().map(|(wake, delay)| entry(wake, &wake.lane, *delay)).collect();
            lost += self.send_batch(url, entries).await.unwrap_or(batch.len());
        }
        lost
    }

    fn sites(&self) -> Result<&str, QueueUnavailable> {
        address(self.config.site_work_url.as_deref())
    }

    fn imports(&self) -> Result<&str, QueueUnavailable> {
        address(self.config.import_url.as_deref())
    }

    async fn send_batch(
        &self,
        url: &str,
        entries: Result<Vec<BatchEntryBuilder>, QueueUnavailable>,
    ) -> Result<usize, QueueUnavailable> {
        send_batch(&self.client, url, entries?).await
    }

    async fn send(
        &self,
        url: &str,
        practice: &str,
        wake: &impl Serialize,
        delay: Duration,
    ) -> Result<(), QueueUnavailable> {
        self.client
            .send_message()
            .queue_url(url)
            .message_body(json(wake)?)
            // On a standard queue, groups get an equal share: a busy practice does not delay others.
            .message_group_id(practice)
            .delay_seconds(seconds(delay))
            .send()
            .await
            .map(drop)
            .map_err(|error| refused(&error))
    }
}

/// Sends at most ten messages in one call. Returns how many were not accepted.
async fn send_batch(
    client: &Client,
    url: &str,
    entries: Vec<BatchEntryBuilder>,
) -> Result<usize, QueueUnavailable> {
    let entries = entries
        .into_iter()
        .enumerate()
        .map(|(index, entry)| entry.id(index.to_string()).build().map_err(|_| QueueUnavailable));
    let sent = client
        .send_message_batch()
        .queue_url(url)
        .set_entries(Some(entries.collect::<Result<_, _>>()?))
        .send()
        .await
        .map_err(|error| refused(&error))?;
    Ok(sent.failed().len())
}

/// Sends at most ten messages, each with its group. Returns how many were not accepted.
pub(crate) async fn send_all(client: &Client, url: &str, messages: &[(String, String)]) -> usize {
    let entries = messages.iter().map(|(group, body)| {
        SendMessageBatchRequestEntry::builder().message_body(body).message_group_id(group)
    });
    send_batch(client, url, entries.collect()).await.unwrap_or(messages.len())
}

/// A queue's address. A function without the address must not send to the queue.
fn address(url: Option<&str>) -> Result<&str, QueueUnavailable> {
    url.ok_or_else(|| {
        tracing::error!("this function was not given the address of the queue");
        QueueUnavailable
    })
}

/// Logs the reason for the operators. Callers cannot act on it.
fn refused<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> QueueUnavailable {
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    tracing::error!(code = code.unwrap_or("no answer"), "a queue does not take messages");
    QueueUnavailable
}

/// A message of a batch, still without its number in the batch.
fn entry(
    wake: &impl Serialize,
    practice: &str,
    delay: Duration,
) -> Result<BatchEntryBuilder, QueueUnavailable> {
    Ok(SendMessageBatchRequestEntry::builder()
        .message_body(json(wake)?)
        .message_group_id(practice)
        .delay_seconds(seconds(delay)))
}

fn json(wake: &impl Serialize) -> Result<String, QueueUnavailable> {
    serde_json::to_string(wake).map_err(|_| QueueUnavailable)
}

/// Whole seconds, rounded up.
fn seconds(delay: Duration) -> i32 {
    let whole = delay.min(LONGEST_DELAY).as_millis().div_ceil(1000);
    i32::try_from(whole).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_holds_ids_and_nothing_else() {
        let site = SiteWake { practice_id: "wattle-creek".to_owned(), job: None };
        assert_eq!(json(&site).unwrap(), r#"{"practiceId":"wattle-creek"}"#);
        let job = SiteWake { job: Some("reconcile".to_owned()), ..site };
        assert_eq!(json(&job).unwrap(), r#"{"practiceId":"wattle-creek","job":"reconcile"}"#);
        let import = ImportWake {
            practice_id: "wattle-creek".to_owned(),
            import_id: "imp-7".to_owned(),
            item: 3,
        };
        assert_eq!(
            json(&import).unwrap(),
            r#"{"practiceId":"wattle-creek","importId":"imp-7","item":3}"#
        );
    }

    #[test]
    fn a_delay_is_never_cut_short_below_a_second_and_never_longer_than_sqs_takes() {
        assert_eq!(seconds(Duration::ZERO), 0);
        assert_eq!(seconds(Duration::from_millis(1)), 1);
        assert_eq!(seconds(Duration::from_secs(7)), 7);
        assert_eq!(seconds(Duration::from_secs(86_400)), 900);
    }
}
