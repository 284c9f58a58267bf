//! Configuration of the function that receives Halo's notifications.

use std::num::NonZeroU16;
use std::time::Duration;

use super::{ConfigError, DispatchConfig, Reader, of_process};

/// What the function that receives Halo's notifications needs.
#[derive(Clone, Debug)]
pub struct WebhookConfig {
    /// The table, and the queues of the workers to wake.
    pub dispatch: DispatchConfig,
    /// The secret that Halo signs with.
    pub secret_arn: String,
    /// How far a notification's time may differ from ours, either way.
    pub window: Duration,
}

impl WebhookConfig {
    /// The value that Halo's documents recommend.
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
        let dispatch = DispatchConfig::of_both(&mut reader);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_webhook_receiver_says_at_once_what_it_lacks() {
        let wrong = |name: &str| (name == "WEBHOOK_WINDOW_SECONDS").then(|| "soon".to_owned());
        let error = WebhookConfig::from(&wrong).unwrap_err().to_string();
        for name in [
            "TABLE_NAME",
            "SITE_WORK_QUEUE_URL",
            "IMPORT_QUEUE_URL",
            "WEBHOOK_SECRET_ARN",
            "WEBHOOK_WINDOW_SECONDS",
        ] {
            assert!(error.contains(name), "{name} is not named in: {error}");
        }
        let complete = |name: &str| match name {
            "AWS_ENDPOINT_URL" | "WEBHOOK_WINDOW_SECONDS" => None,
            _ => Some("made-up".to_owned()),
        };
        assert_eq!(WebhookConfig::from(&complete).unwrap().window, Duration::from_secs(300));
    }
}
