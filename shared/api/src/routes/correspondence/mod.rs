//! Documents, referrals, messages and their deliveries (referral guide, "Sending a referral"). The
//! table holds what is to be delivered before anybody is told that it will be.

mod addressee;
mod chosen;
mod deliveries;
mod documents;
mod request;
mod submit;
mod view;

use config::DocumentsConfig;
use document_bucket::{DocumentBucket, DocumentBucketError};

pub(crate) use self::deliveries::*;
pub(crate) use self::documents::*;
pub(crate) use self::submit::*;
pub use self::view::{DeliveryPage, DeliveryView};
use crate::problem::{Kind, Problem};
use crate::tools::{Bucket, Wakes};
use crate::{App, Cursors};

/// What the routes of correspondence work with.
#[derive(Debug)]
pub struct CorrespondenceApp {
    /// Bp and the table.
    pub app: App,
    /// What signs cursors.
    pub cursors: Cursors,
    /// How long documents are kept, and how large they may be.
    pub documents: DocumentsConfig,
    /// What wakes the practice's writer.
    pub wakes: Wakes,
    /// Where documents are.
    pub bucket: Bucket,
}

impl CorrespondenceApp {
    fn bucket(&self) -> &DocumentBucket {
        self.bucket.bucket()
    }
}

/// The bucket gave no answer.
fn no_answer(error: DocumentBucketError) -> Problem {
    tracing::error!(%error, "the bucket is not available");
    Problem::new(Kind::StorageUnavailable).retry_after(5)
}
