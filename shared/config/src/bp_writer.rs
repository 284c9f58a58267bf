//! Configuration of the writer of practices' Bp.

use std::time::Duration;

use super::{ConfigError, Reader, of_process};

/// What the writer needs in addition to [`super::PracticeConfig`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BpWriterConfig {
    /// The bucket with the documents to write.
    pub bucket: String,
    /// How long the writer may work on one practice.
    pub turn: Duration,
    /// How long Halo may queue a write. Sent to Halo with each write.
    pub queue: Duration,
    /// How long a write may run.
    pub execution: Duration,
    /// How far clocks may differ.
    pub margin: Duration,
    /// The longest time between two status calls for an offline site.
    pub look: Duration,
    /// After how long an unchecked message is reported.
    pub unchecked: Duration,
}

impl BpWriterConfig {
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
            unchecked: Duration::from_hours(
                24 * reader.required::<u64>("UNCHECKED_AFTER_DAYS", "a number of days"),
            ),
        };
        reader.finish(Some(config))
    }
}
