//! The queues and the bucket, for routes that need them: each client is made by the first request
//! that uses it, because most requests of a function never do.

use std::sync::LazyLock;
use std::time::Duration;

use aws::clients;
use aws::queues::Queues;
use aws_types::sdk_config::SdkConfig;
use config::QueueConfig;
use document_bucket::DocumentBucket;
use domain::ids::PracticeId;

type Lazily<T> = LazyLock<T, Box<dyn FnOnce() -> T + Send>>;

/// The queues that wake workers.
#[derive(Debug)]
pub struct Wakes(Lazily<Queues>);

impl Wakes {
    /// The queues at these addresses.
    #[must_use]
    pub fn new(aws: SdkConfig, urls: QueueConfig) -> Self {
        let make = move || Queues::new(aws_sdk_sqs::Client::new(&aws), urls);
        Self(LazyLock::new(Box::new(make)))
    }

    /// The queues.
    pub(crate) fn queues(&self) -> &Queues {
        &self.0
    }

    /// Wakes the writer of the practice's Bp. Without the message it comes a little later: the sweep
    /// finds what is due in the table.
    pub(crate) async fn wake_writer(&self, practice: &PracticeId) {
        if self.queues().wake_site(practice.as_str(), Duration::ZERO).await.is_err() {
            tracing::warn!(practice = practice.as_str(), "the site's writer could not be woken");
        }
    }
}

/// The bucket of documents and copies.
#[derive(Debug)]
pub struct Bucket(Lazily<DocumentBucket>);

impl Bucket {
    /// The bucket of this name.
    #[must_use]
    pub fn new(aws: SdkConfig, name: String) -> Self {
        Self(LazyLock::new(Box::new(move || DocumentBucket::new(clients::s3(&aws), &name))))
    }

    /// The bucket.
    pub(crate) fn bucket(&self) -> &DocumentBucket {
        &self.0
    }
}
