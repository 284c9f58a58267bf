//! Configuration of the functions that query practices' Bp.

use std::path::PathBuf;

use reqwest::Url;

use super::{AwsConfig, ConfigError, Reader, of_process};

/// What every function that queries practices' Bp needs.
#[derive(Clone, Debug)]
pub struct PracticeConfig {
    /// How to reach AWS.
    pub aws: AwsConfig,
    /// The DynamoDB table.
    pub table: String,
    /// The URL of Halo Cloud.
    pub halo_base_url: Url,
    /// The secret with Halo's subscription keys.
    pub halo_secret_arn: String,
    /// How long audit records are kept.
    pub audit_retention_days: i32,
    /// A folder with files that replace statements of the pack.
    pub statement_pack: Option<PathBuf>,
    /// How many queries Halo allows a practice in a day, if known.
    pub daily_query_cap: Option<u64>,
    /// How many bytes Halo allows a practice to send and receive in a day, if known.
    pub daily_byte_cap: Option<u64>,
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
        let daily_query_cap = reader.cap("DAILY_QUERY_CAP");
        let daily_byte_cap = reader.cap("DAILY_BYTE_CAP");
        let config = halo_base_url.map(|halo_base_url| Self {
            aws,
            table,
            halo_base_url,
            halo_secret_arn,
            audit_retention_days,
            statement_pack,
            daily_query_cap,
            daily_byte_cap,
        });
        reader.finish(config)
    }
}

/// What the functions with paged lists need in addition to [`PracticeConfig`].
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_missing_and_wrong_variable_is_named_at_once() {
        let lookup = |name: &str| match name {
            "HALO_BASE_URL" => Some("not a url".to_owned()),
            "AUDIT_RETENTION_DAYS" => Some("a while".to_owned()),
            "DAILY_QUERY_CAP" => Some("plenty".to_owned()),
            _ => None,
        };
        let error = PracticeConfig::from(&lookup).unwrap_err().to_string();
        for name in [
            "TABLE_NAME",
            "HALO_BASE_URL",
            "HALO_SECRET_ARN",
            "AUDIT_RETENTION_DAYS",
            "AWS_REGION",
            "DAILY_QUERY_CAP",
        ] {
            assert!(error.contains(name), "{name} is not named in: {error}");
        }
        assert!(!error.contains("not a url"), "a value is repeated: {error}");
    }
}
