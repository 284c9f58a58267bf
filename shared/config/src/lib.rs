#![doc = include_str!("../README.md")]

mod aws;
mod bp_writer;
mod browsers;
mod clinical;
mod documents;
mod imports;
mod issuer;
mod limits;
mod platforms;
mod practice;
mod queues;
mod tokens;
mod webhook;
mod webhook_sender;

use std::str::FromStr;

use reqwest::Url;

pub use self::aws::AwsConfig;
pub use self::bp_writer::BpWriterConfig;
pub use self::browsers::BrowserConfig;
pub use self::clinical::ClinicalConfig;
pub use self::documents::DocumentsConfig;
pub use self::imports::{CopiesConfig, ImporterConfig};
pub use self::issuer::{ClaimName, ClaimNames, Issuer, PersonRole, is_encrypted_or_local};
pub use self::limits::LimitsConfig;
pub use self::platforms::{Platform, PlatformScope, Platforms};
pub use self::practice::{CursorConfig, PracticeConfig};
pub use self::queues::{DispatchConfig, EventConfig, QueueConfig};
pub use self::tokens::TokenConfig;
pub use self::webhook::WebhookConfig;
pub use self::webhook_sender::{AuditConfig, WebhookSenderConfig, WebhookTurnConfig};

/// Every variable that is missing or wrong.
#[derive(Debug, thiserror::Error)]
#[error("the configuration is incomplete: {}", .0.join("; "))]
pub struct ConfigError(Vec<String>);

/// Reads variables and collects what is wrong with them.
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

    /// A positive number, or the default.
    fn number(&mut self, name: &str, default: u64) -> u64 {
        match self.optional(name).map(|text| text.parse()) {
            None => default,
            Some(Ok(number)) if number > 0 => number,
            Some(_) => {
                self.problems.push(format!("{name} is not a positive number"));
                default
            }
        }
    }

    /// A cap, if it is known. 0 means that it is not.
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

/// Looks a variable up in the process's environment.
fn of_process(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
