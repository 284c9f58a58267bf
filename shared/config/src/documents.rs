//! Configuration of documents that platforms upload.

use std::time::Duration;

use super::{ConfigError, Reader, of_process};

/// What the routes of uploaded documents need in addition to [`super::PracticeConfig`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DocumentsConfig {
    /// The bucket.
    pub bucket: String,
    /// How long an uploaded document is kept. A practice may be offline for long.
    pub kept: Duration,
    /// The largest document that is accepted.
    pub largest_bytes: u64,
    /// How long an upload link works.
    pub upload: Duration,
}

impl DocumentsConfig {
    /// 25 MiB. A practice's internet line can receive this in a night, and Halo in one request.
    const LARGEST: u64 = 25 * 1024 * 1024;
    const UPLOAD_SECONDS: u64 = 900;

    /// Reads the process's environment.
    ///
    /// # Errors
    /// Names every variable that is missing or wrong.
    pub fn read() -> Result<Self, ConfigError> {
        Self::from(&of_process)
    }

    fn from(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(lookup);
        let bucket = reader.required("BUCKET_NAME", "a bucket's name");
        let days: u32 = reader.required("DOCUMENT_RETENTION_DAYS", "a number of days");
        let largest_bytes = reader.number("LARGEST_DOCUMENT_BYTES", Self::LARGEST);
        let upload = reader.number("UPLOAD_LINK_SECONDS", Self::UPLOAD_SECONDS);
        reader.finish(Some(Self {
            bucket,
            kept: Duration::from_hours(24 * u64::from(days)),
            largest_bytes,
            upload: Duration::from_secs(upload),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_of_25_mebibytes_are_taken_unless_another_size_is_given() {
        let config = |largest: Option<&'static str>| {
            DocumentsConfig::from(&move |name| match name {
                "BUCKET_NAME" => Some("made-up".to_owned()),
                "DOCUMENT_RETENTION_DAYS" => Some("30".to_owned()),
                "LARGEST_DOCUMENT_BYTES" => largest.map(str::to_owned),
                _ => None,
            })
        };
        assert_eq!(config(None).unwrap().largest_bytes, 26_214_400);
        assert_eq!(config(Some("7")).unwrap().largest_bytes, 7);
        for wrong in ["0", "-1", "many"] {
            let error = config(Some(wrong)).unwrap_err().to_string();
            assert!(error.contains("LARGEST_DOCUMENT_BYTES"), "{error}");
        }
    }
}
