//! Configuration of sending webhooks.

use std::time::Duration;

use super::{AwsConfig, ConfigError, EventConfig, Platforms, QueueConfig, Reader, of_process};

/// What sending to webhook endpoints needs.
#[derive(Clone, Debug)]
pub struct WebhookSenderConfig {
    /// How to reach AWS.
    pub aws: AwsConfig,
    /// The DynamoDB table.
    pub table: String,
    /// The queue that wakes senders.
    pub queues: QueueConfig,
    /// The secret from which endpoints' secrets are made.
    pub key_arn: String,
    /// Whether events may be sent to this machine without TLS.
    pub loopback: bool,
    /// The waits after failures, if they are not the usual ones.
    pub waits: Option<Vec<Duration>>,
}

impl WebhookSenderConfig {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// Names every variable that is missing or wrong.
    pub fn read() -> Result<Self, ConfigError> {
        Self::from(&of_process)
    }

    fn from(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        const WAITS: &str = "WEBHOOK_WAIT_SECONDS";
        const LOOPBACK: &str = "WEBHOOK_LOOPBACK";
        let mut reader = Reader::new(lookup);
        let waits = reader.optional(WAITS).map(|text| {
            let wait = |part: &str| part.trim().parse().map(Duration::from_secs);
            text.split(',').map(wait).collect::<Result<Vec<_>, _>>()
        });
        let waits = waits.transpose().unwrap_or_else(|_| {
            reader.problems.push(format!("{WAITS} is not a list of seconds"));
            None
        });
        let loopback = match reader.optional(LOOPBACK).as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => {
                reader.problems.push(format!("{LOOPBACK} is neither true nor false"));
                false
            }
        };
        let config = Self {
            queues: reader.webhook_queue(),
            aws: reader.aws(),
            table: reader.table(),
            key_arn: reader.required("WEBHOOK_KEY_ARN", "a secret's ARN"),
            loopback,
            waits,
        };
        reader.finish(Some(config))
    }
}

/// What the function that sends webhooks needs in addition.
#[derive(Clone, Debug)]
pub struct WebhookTurnConfig {
    /// How long the sender may work on one endpoint.
    pub turn: Duration,
    /// Where it publishes that an endpoint was disabled.
    pub events: EventConfig,
    /// Who may receive events.
    pub platforms: Platforms,
}

impl WebhookTurnConfig {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// Names every variable that is missing or wrong.
    pub fn read() -> Result<Self, ConfigError> {
        let mut reader = Reader::new(&of_process);
        let seconds = reader.required("WEBHOOK_TURN_SECONDS", "a number of seconds");
        let platforms = reader.platforms("PLATFORMS");
        let events = EventConfig::read()?;
        reader.finish(Some(Self { turn: Duration::from_secs(seconds), events, platforms }))
    }
}

/// How long audit records are kept, for a function that does not serve practices.
#[derive(Clone, Copy, Debug)]
pub struct AuditConfig {
    /// In days.
    pub retention_days: i32,
}

impl AuditConfig {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// Names the variable that is missing or wrong.
    pub fn read() -> Result<Self, ConfigError> {
        let mut reader = Reader::new(&of_process);
        let retention_days = reader.required("AUDIT_RETENTION_DAYS", "a number of days");
        reader.finish(Some(Self { retention_days }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(waits: Option<&str>, loopback: Option<&str>) -> Result<WebhookSenderConfig, String> {
        let lookup = |name: &str| match name {
            "WEBHOOK_WAIT_SECONDS" => waits.map(str::to_owned),
            "WEBHOOK_LOOPBACK" => loopback.map(str::to_owned),
            "AWS_ENDPOINT_URL" => None,
            _ => Some("made-up".to_owned()),
        };
        WebhookSenderConfig::from(&lookup).map_err(|error| error.to_string())
    }

    #[test]
    fn events_go_to_public_addresses_unless_the_configuration_says_otherwise() {
        let usual = read(None, None).unwrap();
        assert!(!usual.loopback && usual.waits.is_none());
        let local = read(Some("1, 2,3"), Some("true")).unwrap();
        let seconds = Duration::from_secs;
        assert_eq!(local.waits, Some(vec![seconds(1), seconds(2), seconds(3)]));
        assert!(local.loopback);
        assert!(read(Some("soon"), None).unwrap_err().contains("WEBHOOK_WAIT_SECONDS"));
        assert!(read(None, Some("yes")).unwrap_err().contains("WEBHOOK_LOOPBACK"));
    }
}
