//! Clients that are made when they are first used, because most requests of a function do not use them.

use std::sync::LazyLock;

use aws::clients;
use aws::queues::Queues;
use aws_types::sdk_config::SdkConfig;
use config::QueueConfig;
use document_bucket::DocumentBucket;

/// A value that is made at its first use.
pub type Lazy<T> = LazyLock<T, Box<dyn FnOnce() -> T + Send>>;

/// The queues at these addresses.
#[must_use]
pub fn lazy_queues(aws: SdkConfig, urls: QueueConfig) -> Lazy<Queues> {
    LazyLock::new(Box::new(move || Queues::new(aws_sdk_sqs::Client::new(&aws), urls)))
}

/// The bucket with this name.
#[must_use]
pub fn lazy_bucket(aws: SdkConfig, name: String) -> Lazy<DocumentBucket> {
    LazyLock::new(Box::new(move || DocumentBucket::new(clients::s3(&aws), &name)))
}
