//! What the one writer of a practice's Bp needs.

use std::time::Duration;

use super::{ConfigError, Reader, of_process};

/// What the one writer of a practice's Bp needs besides.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BpWriterConfig {
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
    /// After how long a message that nobody has checked is reported.
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
