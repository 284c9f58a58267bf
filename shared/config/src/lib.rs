//! Configuration from environment variables, one struct per concern, all problems told at once.
//!
//! | Variable | Read by | Meaning |
//! |---|---|---|
//! | `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` | functions with AWS clients | set by Lambda |
//! | `AWS_ENDPOINT_URL` | functions with AWS clients | another endpoint for AWS, on the local stack |
//! | `TABLE_NAME` | practice functions | the DynamoDB table |
//! | `HALO_BASE_URL` | practice functions | Halo Cloud |
//! | `HALO_SECRET_ARN` | practice functions | the secret with the subscription keys |
//! | `AUDIT_RETENTION_DAYS` | practice functions | how long the audit trail is kept |
//! | `DAILY_QUERY_CAP`, `DAILY_BYTE_CAP` | practice functions, optional | how many queries and bytes Halo allows a practice in a day; not known when absent or 0 |
//! | `STATEMENT_PACK_DIR` | practice functions, optional | files that replace statements of the pack |
//! | `CURSOR_SECRET_ARN` | functions with long lists | the secret that signs cursors |
//! | `OBSERVATIONS_PER_CODE` | clinical-import, optional | how many observations of a kind are shown, latest first; 5 when absent |
//! | `IMPORT_QUEUE_URL` | functions that wake the importer | its queue |
//! | `SITE_WORK_QUEUE_URL` | functions that wake the writers of sites | their queue |
//! | `ALLOWED_ORIGIN` | API functions, optional | the one origin, or `*`, whose pages may call the API; no page of another origin when absent |
//! | `EVENT_BUS_NAME` | functions that tell platforms what happened | the event bus |
//! | `WEBHOOK_SECRET_ARN` | halo-webhook | the secret that Halo signs its notifications with |
//! | `WEBHOOK_WINDOW_SECONDS` | halo-webhook, optional | how far a notification's time may be from ours; 300 when absent |
//! | `BUCKET_NAME` | attachments, attachment-importer, site-writer | the bucket of copies and documents |
//! | `DOCUMENT_RETENTION_DAYS` | correspondence | how long uploaded documents are kept |
//! | `LARGEST_DOCUMENT_BYTES` | correspondence, optional | the largest document that is taken; 25 MiB when absent |
//! | `UPLOAD_LINK_SECONDS` | correspondence, optional | how long a link for an upload works; 900 when absent |
//! | `ATTACHMENT_RETENTION_DAYS` | attachments | how long copies are kept |
//! | `DOWNLOAD_LINK_SECONDS` | attachments, optional | how long a link to a copy works; 300 when absent |
//! | `IMPORT_GIVE_UP_HOURS` | attachments, attachment-importer, optional | how long a document is tried for; 24 when absent |
//! | `IMPORT_INLINE_BYTES` | attachment-importer, optional | how large a document may be to come with the first answer; 1 MiB when absent |
//! | `IMPORT_LEASE_SECONDS` | attachment-importer, optional | how long a silent worker counts as alive; 120 when absent |
//! | `IMPORT_SLOW_POLL_SECONDS`, `IMPORT_OFFLINE_RETRY_SECONDS` | attachment-importer, optional | when to look again; 30 and 120 when absent |
//! | `WRITER_TURN_SECONDS` | site-writer | how long a turn at a practice may last; less than the function's timeout |
//! | `WRITE_QUEUE_SECONDS`, `WRITE_EXECUTION_SECONDS`, `WRITE_MARGIN_SECONDS` | site-writer | how long a write whose answer was lost may still take effect: in the queue, running, and for clocks that differ |
//! | `OFFLINE_LOOK_SECONDS` | site-writer | the longest time between two looks at a site that is off |
//! | `UNCHECKED_AFTER_DAYS` | site-writer | after how long a message that nobody has checked is reported |
//! | `TOKEN_ISSUER`, `JWKS_URL`, `PEOPLE_CLIENT_ID`, `PLATFORM_CLIENT_ID` | authorizer | whose tokens are taken |
//! | `RUST_LOG` | all, optional | log level, `info` when absent |

mod aws;
mod bp_writer;
mod browsers;
mod clinical;
mod documents;
mod imports;
mod practice;
mod queues;
mod tokens;
mod webhook;

use std::str::FromStr;

use reqwest::Url;

pub use self::aws::AwsConfig;
pub use self::bp_writer::BpWriterConfig;
pub use self::browsers::BrowserConfig;
pub use self::clinical::ClinicalConfig;
pub use self::documents::DocumentsConfig;
pub use self::imports::{CopiesConfig, ImporterConfig};
pub use self::practice::{CursorConfig, PracticeConfig};
pub use self::queues::{DispatchConfig, EventConfig, QueueConfig};
pub use self::tokens::TokenConfig;
pub use self::webhook::WebhookConfig;

/// Everything that is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
#[error("the configuration is incomplete: {}", .0.join("; "))]
pub struct ConfigError(Vec<String>);

/// Collects values and problems.
struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<String>,
}

impl<'a> Reader<'a> {
    fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { lookup, problems: Vec::new() }
    }

    fn optional(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.is_empty())
    }

    fn required<T: FromStr + Default>(&mut self, name: &str, what: &str) -> T {
        match self.optional(name).map(|value| value.parse()) {
            Some(Ok(value)) => value,
            Some(Err(_)) => {
                self.problems.push(format!("{name} is not {what}"));
                T::default()
            }
            None => {
                self.problems.push(format!("{name} is missing ({what})"));
                T::default()
            }
        }
    }

    fn url(&mut self, name: &str) -> Option<Url> {
        let text: String = self.required(name, "a URL");
        match Url::parse(&text) {
            Ok(url) if url.has_host() => Some(url),
            _ if text.is_empty() => None,
            _ => {
                self.problems.push(format!("{name} is not a URL"));
                None
            }
        }
    }

    /// A positive number, or the usual one.
    fn number(&mut self, name: &str, usual: u64) -> u64 {
        match self.optional(name).map(|text| text.parse()) {
            None => usual,
            Some(Ok(number)) if number > 0 => number,
            Some(_) => {
                self.problems.push(format!("{name} is not a positive number"));
                usual
            }
        }
    }

    /// The most there may be of something, where that is known: 0 says that it is not.
    fn cap(&mut self, name: &str) -> Option<u64> {
        match self.optional(name).map(|text| text.parse()) {
            None => None,
            Some(Ok(cap)) => Some(cap).filter(|cap| *cap > 0),
            Some(Err(_)) => {
                self.problems.push(format!("{name} is not a number"));
                None
            }
        }
    }

    fn finish<T>(self, value: Option<T>) -> Result<T, ConfigError> {
        match value {
            Some(value) if self.problems.is_empty() => Ok(value),
            _ => Err(ConfigError(self.problems)),
        }
    }
}

fn of_process(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
