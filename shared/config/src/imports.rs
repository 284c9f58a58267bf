//! Configuration of imports: copies of a practice's documents.

use std::time::Duration;

use super::{ConfigError, Reader, of_process};

/// What the routes of imports need in addition to [`super::PracticeConfig`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CopiesConfig {
    /// The bucket.
    pub bucket: String,
    /// How long a copy is kept.
    pub kept: Duration,
    /// After how long the import of a document is given up, as in [`ImporterConfig::give_up`].
    pub give_up: Duration,
    /// How long a download link works.
    pub link: Duration,
}

/// What the importer needs in addition to [`super::PracticeConfig`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ImporterConfig {
    /// The bucket.
    pub bucket: String,
    /// The largest document that comes with the first answer.
    pub inline_bytes: u32,
    /// After how long a silent worker counts as dead.
    pub lease: Duration,
    /// When to ask again for a document that Bp is preparing.
    pub slow_poll: Duration,
    /// When to try a practice again that is offline.
    pub offline_retry: Duration,
    /// After how long the import of a document is given up.
    pub give_up: Duration,
}

impl CopiesConfig {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// Names every variable that is missing or wrong.
    pub fn read() -> Result<Self, ConfigError> {
        Self::from(&of_process)
    }

    fn from(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(lookup);
        let days: u32 = reader.required("ATTACHMENT_RETENTION_DAYS", "a number of days");
        let config = Self {
            bucket: bucket(&mut reader),
            kept: Duration::from_hours(24 * u64::from(days)),
            give_up: give_up_after(&mut reader),
            link: Duration::from_secs(reader.number("DOWNLOAD_LINK_SECONDS", 300)),
        };
        reader.finish(Some(config))
    }
}

impl ImporterConfig {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// Names every variable that is missing or wrong.
    pub fn read() -> Result<Self, ConfigError> {
        Self::from(&of_process)
    }

    fn from(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(lookup);
        let seconds = |reader: &mut Reader<'_>, name, default| {
            Duration::from_secs(reader.number(name, default))
        };
        let config = Self {
            bucket: bucket(&mut reader),
            inline_bytes: reader
                .number("IMPORT_INLINE_BYTES", 1_048_576)
                .try_into()
                .unwrap_or(u32::MAX),
            lease: seconds(&mut reader, "IMPORT_LEASE_SECONDS", 120),
            slow_poll: seconds(&mut reader, "IMPORT_SLOW_POLL_SECONDS", 30),
            offline_retry: seconds(&mut reader, "IMPORT_OFFLINE_RETRY_SECONDS", 120),
            give_up: give_up_after(&mut reader),
        };
        reader.finish(Some(config))
    }
}

fn bucket(reader: &mut Reader<'_>) -> String {
    reader.required("BUCKET_NAME", "a bucket's name")
}

fn give_up_after(reader: &mut Reader<'_>) -> Duration {
    Duration::from_hours(reader.number("IMPORT_GIVE_UP_HOURS", 24))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_as_usual_and_what_is_wrong_is_named() {
        let given = |name: &str| match name {
            "BUCKET_NAME" => Some("copies".to_owned()),
            "ATTACHMENT_RETENTION_DAYS" => Some("2".to_owned()),
            _ => None,
        };
        let copies = CopiesConfig::from(&given).unwrap();
        assert_eq!(copies.link, Duration::from_mins(5));
        assert_eq!(copies.kept, Duration::from_hours(48));
        assert_eq!(ImporterConfig::from(&given).unwrap().give_up, copies.give_up);
        let wrong = |name: &str| (name == "IMPORT_LEASE_SECONDS").then(|| "0".to_owned());
        let error = ImporterConfig::from(&wrong).unwrap_err().to_string();
        assert!(error.contains("IMPORT_LEASE_SECONDS") && error.contains("BUCKET_NAME"), "{error}");
    }
}
