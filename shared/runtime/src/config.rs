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
//! | `STATEMENT_PACK_DIR` | practice functions, optional | files that replace statements of the pack |
//! | `CURSOR_SECRET_ARN` | functions with long lists | the secret that signs cursors |
//! | `OBSERVATIONS_PER_CODE` | clinical-import, optional | how many observations of a kind are shown, latest first; 5 when absent |
//! | `STAGING_QUEUE_URL`, `SITE_WORK_QUEUE_URL` | functions that wake workers | the queues |
//! | `EVENT_BUS_NAME` | functions that tell platforms what happened | the event bus |
//! | `WEBHOOK_SECRET_ARN` | halo-webhook | the secret that Halo signs its notifications with |
//! | `WEBHOOK_WINDOW_SECONDS` | halo-webhook, optional | how far a notification's time may be from ours; 300 when absent |
//! | `BUCKET_NAME` | attachments, attachment-stager, site-writer | the bucket of copies and documents |
//! | `DOCUMENT_RETENTION_DAYS` | correspondence | how long uploaded documents are kept |
//! | `LARGEST_DOCUMENT_BYTES` | correspondence, optional | the largest document that is taken; 25 MiB when absent |
//! | `UPLOAD_LINK_SECONDS` | correspondence, optional | how long a link for an upload works; 900 when absent |
//! | `ATTACHMENT_RETENTION_DAYS` | attachments | how long copies are kept |
//! | `DOWNLOAD_LINK_SECONDS` | attachments, optional | how long a link to a copy works; 300 when absent |
//! | `STAGING_GIVE_UP_HOURS` | attachments, attachment-stager, optional | how long a document is tried for; 24 when absent |
//! | `STAGING_INLINE_BYTES` | attachment-stager, optional | how large a document may be to come with the first answer; 1 MiB when absent |
//! | `STAGING_LEASE_SECONDS` | attachment-stager, optional | how long a silent worker counts as alive; 120 when absent |
//! | `STAGING_SLOW_POLL_SECONDS`, `STAGING_OFFLINE_RETRY_SECONDS` | attachment-stager, optional | when to look again; 30 and 120 when absent |
//! | `WRITER_TURN_SECONDS` | site-writer | how long a turn at a practice may last; less than the function's timeout |
//! | `WRITE_QUEUE_SECONDS`, `WRITE_EXECUTION_SECONDS`, `WRITE_MARGIN_SECONDS` | site-writer | how long a write whose answer was lost may still take effect: in the queue, running, and for clocks that differ |
//! | `OFFLINE_LOOK_SECONDS` | site-writer | the longest time between two looks at a site that is off |
//! | `TOKEN_ISSUER`, `JWKS_URL`, `PEOPLE_CLIENT_ID`, `PLATFORM_CLIENT_ID` | authorizer | whose tokens are taken |
//! | `RUST_LOG` | all, optional | log level, `info` when absent |

mod documents;
mod staging;

use std::num::NonZeroU16;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use reqwest::Url;
use secrecy::SecretString;

pub use self::documents::DocumentsConfig;
pub use self::staging::{CopiesConfig, StagerConfig};

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

    fn aws(&mut self) -> AwsConfig {
        let endpoint = self.optional("AWS_ENDPOINT_URL").and_then(|_| self.url("AWS_ENDPOINT_URL"));
        AwsConfig {
            region: self.required("AWS_REGION", "an AWS region"),
            access_key_id: self.required("AWS_ACCESS_KEY_ID", "Lambda's access key"),
            secret_access_key: SecretString::from(
                self.required::<String>("AWS_SECRET_ACCESS_KEY", "Lambda's secret key"),
            ),
            session_token: self.optional("AWS_SESSION_TOKEN").map(SecretString::from),
            endpoint,
        }
    }

    fn table(&mut self) -> String {
        self.required("TABLE_NAME", "a table's name")
    }

    fn queues(&mut self) -> QueueConfig {
        QueueConfig {
            staging_url: self.required("STAGING_QUEUE_URL", "a queue's URL"),
            site_work_url: self.required("SITE_WORK_QUEUE_URL", "a queue's URL"),
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

/// How AWS is reached.
#[derive(Clone, Debug)]
pub struct AwsConfig {
    /// Lambda's region.
    pub region: String,
    /// Lambda's own credentials.
    pub access_key_id: String,
    /// Secret part.
    pub secret_access_key: SecretString,
    /// Session part.
    pub session_token: Option<SecretString>,
    /// Another endpoint, on the local stack.
    pub endpoint: Option<Url>,
}

/// What the functions that serve practices need.
#[derive(Clone, Debug)]
pub struct PracticeConfig {
    /// How AWS is reached.
    pub aws: AwsConfig,
    /// The DynamoDB table.
    pub table: String,
    /// Halo Cloud.
    pub halo_base_url: Url,
    /// The secret with the subscription keys.
    pub halo_secret_arn: String,
    /// How long the audit trail is kept.
    pub audit_retention_days: i32,
    /// Files that replace statements of the pack.
    pub statement_pack: Option<PathBuf>,
}

impl PracticeConfig {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// Names every variable that is missing or wrong.
    pub fn read() -> Result<Self, ConfigError> {
        Self::from(&of_process)
    }

    fn from(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(lookup);
        let aws = reader.aws();
        let table = reader.table();
        let halo_base_url = reader.url("HALO_BASE_URL");
        let halo_secret_arn = reader.required("HALO_SECRET_ARN", "a secret's ARN");
        let audit_retention_days = reader.required("AUDIT_RETENTION_DAYS", "a number of days");
        let statement_pack = reader.optional("STATEMENT_PACK_DIR").map(PathBuf::from);
        let config = halo_base_url.map(|halo_base_url| Self {
            aws,
            table,
            halo_base_url,
            halo_secret_arn,
            audit_retention_days,
            statement_pack,
        });
        reader.finish(config)
    }
}

/// What the functions with long lists need besides.
#[derive(Clone, Debug)]
pub struct CursorConfig {
    /// The secret that signs cursors.
    pub secret_arn: String,
}

impl CursorConfig {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// Names the variable that is missing.
    pub fn read() -> Result<Self, ConfigError> {
        let mut reader = Reader::new(&of_process);
        let secret_arn = reader.required("CURSOR_SECRET_ARN", "a secret's ARN");
        reader.finish(Some(Self { secret_arn }))
    }
}

/// What the clinical import needs besides.
#[derive(Clone, Debug)]
pub struct ClinicalConfig {
    /// How many observations of a kind are shown.
    pub observations_per_code: NonZeroU16,
}

impl ClinicalConfig {
    /// Enough to see where a measurement is going.
    const OBSERVATIONS: NonZeroU16 = NonZeroU16::new(5).unwrap();

    /// Reads the process's environment.
    ///
    /// # Errors
    /// When a variable is wrong.
    pub fn read() -> Result<Self, ConfigError> {
        Self::from(&of_process)
    }

    fn from(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        const NAME: &str = "OBSERVATIONS_PER_CODE";
        let mut reader = Reader::new(lookup);
        let number = reader.optional(NAME).map_or(Ok(Self::OBSERVATIONS), |text| text.parse());
        if number.is_err() {
            reader.problems.push(format!("{NAME} is not a number from 1 to 65535"));
        }
        reader.finish(number.ok().map(|observations_per_code| Self { observations_per_code }))
    }
}

/// The queues that wake workers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct QueueConfig {
    /// Wakes the stager.
    pub staging_url: String,
    /// Wakes the writers of sites.
    pub site_work_url: String,
}

impl QueueConfig {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// Names every variable that is missing.
    pub fn read() -> Result<Self, ConfigError> {
        let mut reader = Reader::new(&of_process);
        let queues = reader.queues();
        reader.finish(Some(queues))
    }
}

/// The event bus.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EventConfig {
    /// Its name.
    pub bus: String,
}

impl EventConfig {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// Names the variable that is missing.
    pub fn read() -> Result<Self, ConfigError> {
        let mut reader = Reader::new(&of_process);
        let bus = reader.required("EVENT_BUS_NAME", "an event bus's name");
        reader.finish(Some(Self { bus }))
    }
}

/// What a function needs that finds what is due and wakes whoever does it.
#[derive(Clone, Debug)]
pub struct DispatchConfig {
    /// How AWS is reached.
    pub aws: AwsConfig,
    /// The DynamoDB table.
    pub table: String,
    /// Where to call.
    pub queues: QueueConfig,
}

impl DispatchConfig {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// Names every variable that is missing or wrong.
    pub fn read() -> Result<Self, ConfigError> {
        let mut reader = Reader::new(&of_process);
        let config = Self::from(&mut reader);
        reader.finish(Some(config))
    }

    fn from(reader: &mut Reader<'_>) -> Self {
        Self { aws: reader.aws(), table: reader.table(), queues: reader.queues() }
    }
}

/// What the receiver of Halo's notifications needs.
#[derive(Clone, Debug)]
pub struct WebhookConfig {
    /// Whom to look up and call.
    pub dispatch: DispatchConfig,
    /// The secret that Halo signs with.
    pub secret_arn: String,
    /// How far a notification's time may be from ours, either way.
    pub window: Duration,
}

impl WebhookConfig {
    /// What Halo's documents recommend.
    const WINDOW_SECONDS: NonZeroU16 = NonZeroU16::new(300).unwrap();

    /// Reads the process's environment.
    ///
    /// # Errors
    /// Names every variable that is missing or wrong.
    pub fn read() -> Result<Self, ConfigError> {
        Self::from(&of_process)
    }

    fn from(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        const WINDOW: &str = "WEBHOOK_WINDOW_SECONDS";
        let mut reader = Reader::new(lookup);
        let dispatch = DispatchConfig::from(&mut reader);
        let secret_arn = reader.required("WEBHOOK_SECRET_ARN", "a secret's ARN");
        let window = reader.optional(WINDOW).map_or(Ok(Self::WINDOW_SECONDS), |text| text.parse());
        if window.is_err() {
            reader.problems.push(format!("{WINDOW} is not a number from 1 to 65535"));
        }
        let config = window.ok().map(|window| Self {
            dispatch,
            secret_arn,
            window: Duration::from_secs(u64::from(window.get())),
        });
        reader.finish(config)
    }
}

/// What the one writer of a practice's Bp needs besides.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SiteWorkConfig {
    /// The bucket with the documents to write.
    pub bucket: String,
    /// How long a turn at a practice may last.
    pub turn: Duration,
    /// How long a write may wait at the practice before it begins, told to Halo with each.
    pub queue: Duration,
    /// How long Halo lets a write run.
    pub execution: Duration,
    /// For clocks that differ.
    pub margin: Duration,
    /// The longest time between two looks at a site that is off.
    pub look: Duration,
}

impl SiteWorkConfig {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// Names every variable that is missing or wrong.
    pub fn read() -> Result<Self, ConfigError> {
        let mut reader = Reader::new(&of_process);
        let seconds = |reader: &mut Reader<'_>, name: &str| {
            Duration::from_secs(reader.required(name, "a number of seconds"))
        };
        let config = Self {
            bucket: reader.required("BUCKET_NAME", "a bucket's name"),
            turn: seconds(&mut reader, "WRITER_TURN_SECONDS"),
            queue: seconds(&mut reader, "WRITE_QUEUE_SECONDS"),
            execution: seconds(&mut reader, "WRITE_EXECUTION_SECONDS"),
            margin: seconds(&mut reader, "WRITE_MARGIN_SECONDS"),
            look: seconds(&mut reader, "OFFLINE_LOOK_SECONDS"),
        };
        reader.finish(Some(config))
    }
}

/// Whose tokens are taken.
#[derive(Clone, Debug)]
pub struct TokenConfig {
    /// `iss` of every token.
    pub issuer: String,
    /// Where the issuer's keys are.
    pub jwks_url: Url,
    /// `aud` of people's ID tokens.
    pub people_client: String,
    /// `client_id` of platforms' access tokens.
    pub platform_client: String,
}

impl TokenConfig {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// Names every variable that is missing or wrong.
    pub fn read() -> Result<Self, ConfigError> {
        let mut reader = Reader::new(&of_process);
        let issuer = reader.required("TOKEN_ISSUER", "an issuer");
        let jwks_url = reader.url("JWKS_URL");
        let people_client = reader.required("PEOPLE_CLIENT_ID", "an app client's id");
        let platform_client = reader.required("PLATFORM_CLIENT_ID", "an app client's id");
        let config =
            jwks_url.map(|jwks_url| Self { issuer, jwks_url, people_client, platform_client });
        reader.finish(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_observations_of_a_kind_are_shown_unless_another_number_is_given() {
        let shown = |value: Option<&str>| {
            ClinicalConfig::from(&|_| value.map(str::to_owned))
                .map(|config| config.observations_per_code.get())
        };
        assert_eq!(shown(None).unwrap(), 5);
        assert_eq!(shown(Some("12")).unwrap(), 12);
        assert!(shown(Some("0")).is_err());
        assert!(shown(Some("all")).unwrap_err().to_string().contains("OBSERVATIONS_PER_CODE"));
    }

    #[test]
    fn the_webhook_receiver_says_at_once_what_it_lacks() {
        let wrong = |name: &str| (name == "WEBHOOK_WINDOW_SECONDS").then(|| "soon".to_owned());
        let error = WebhookConfig::from(&wrong).unwrap_err().to_string();
        for name in
            ["TABLE_NAME", "SITE_WORK_QUEUE_URL", "WEBHOOK_SECRET_ARN", "WEBHOOK_WINDOW_SECONDS"]
        {
            assert!(error.contains(name), "{name} is not named in: {error}");
        }
        let complete = |name: &str| match name {
            "AWS_ENDPOINT_URL" | "WEBHOOK_WINDOW_SECONDS" => None,
            _ => Some("made-up".to_owned()),
        };
        assert_eq!(WebhookConfig::from(&complete).unwrap().window, Duration::from_secs(300));
    }

    #[test]
    fn every_missing_and_wrong_variable_is_named_at_once() {
        let lookup = |name: &str| match name {
            "HALO_BASE_URL" => Some("not a url".to_owned()),
            "AUDIT_RETENTION_DAYS" => Some("a while".to_owned()),
            _ => None,
        };
        let error = PracticeConfig::from(&lookup).unwrap_err().to_string();
        for name in
            ["TABLE_NAME", "HALO_BASE_URL", "HALO_SECRET_ARN", "AUDIT_RETENTION_DAYS", "AWS_REGION"]
        {
            assert!(error.contains(name), "{name} is not named in: {error}");
        }
        assert!(!error.contains("not a url"), "a value is repeated: {error}");
    }
}
