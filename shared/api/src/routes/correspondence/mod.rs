//! Documents, referrals, messages and their deliveries (referral guide, "Sending a referral"). The
//! table holds what is to be delivered before anybody is told that it will be.

mod deliveries;
mod documents;
mod request;
mod submit;
mod view;

use std::sync::OnceLock;
use std::time::Duration;

use aws_types::sdk_config::SdkConfig;
use domain::ids::PracticeId;
use runtime::clients;
use runtime::config::{DocumentsConfig, QueueConfig};
use runtime::queues::Queues;
use vault::{Vault, VaultError};

pub(crate) use self::deliveries::*;
pub(crate) use self::documents::*;
pub(crate) use self::submit::*;
pub use self::view::{DeliveryPage, DeliveryView};
use crate::problem::{Kind, Problem};
use crate::{App, Cursors};

/// What the routes of correspondence work with. The queue's and the bucket's clients are made by the
/// first request that needs them.
#[derive(Debug)]
pub struct CorrespondenceApp {
    app: App,
    cursors: Cursors,
    aws: SdkConfig,
    documents: DocumentsConfig,
    queue_urls: QueueConfig,
    queues: OnceLock<Queues>,
    vault: OnceLock<Vault>,
}

impl CorrespondenceApp {
    /// Routes of correspondence beside an application's others.
    #[must_use]
    pub fn new(
        app: App,
        cursors: Cursors,
        aws: SdkConfig,
        documents: DocumentsConfig,
        queue_urls: QueueConfig,
    ) -> Self {
        let (queues, vault) = (OnceLock::new(), OnceLock::new());
        Self { app, cursors, aws, documents, queue_urls, queues, vault }
    }

    fn vault(&self) -> &Vault {
        self.vault.get_or_init(|| Vault::new(clients::s3(&self.aws), &self.documents.bucket))
    }

    /// Wakes the writer of the practice's Bp. Without the message it comes a little later: the sweep
    /// finds what is due in the table.
    async fn wake(&self, practice: &PracticeId) {
        let queues = self.queues.get_or_init(|| {
            Queues::new(aws_sdk_sqs::Client::new(&self.aws), self.queue_urls.clone())
        });
        if queues.wake_site(practice.as_str(), Duration::ZERO).await.is_err() {
            tracing::warn!(practice = practice.as_str(), "the writer could not be woken");
        }
    }
}

/// The bucket gave no answer.
fn no_answer(error: VaultError) -> Problem {
    tracing::error!(%error, "the bucket is not available");
    Problem::new(Kind::StorageUnavailable).retry_after(5)
}
