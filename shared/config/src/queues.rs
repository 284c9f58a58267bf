//! Configuration of queues and the event bus. A function gets only the URLs of the queues that it may
//! send to.

use super::{AwsConfig, ConfigError, Reader, of_process};

/// The queues that the function may send to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct QueueConfig {
    pub import_url: Option<String>,
    pub site_work_url: Option<String>,
}

impl QueueConfig {
    /// The writer's queue, from the process's environment.
    ///
    /// # Errors
    /// Names the variable that is missing.
    pub fn sites() -> Result<Self, ConfigError> {
        let mut reader = Reader::new(&of_process);
        let queues = reader.site_queue();
        reader.finish(Some(queues))
    }

    /// The importer's queue, from the process's environment.
    ///
    /// # Errors
    /// Names the variable that is missing.
    pub fn imports() -> Result<Self, ConfigError> {
        let mut reader = Reader::new(&of_process);
        let queues = reader.import_queue();
        reader.finish(Some(queues))
    }
}

impl Reader<'_> {
    fn site_queue(&mut self) -> QueueConfig {
        let url = self.required("SITE_WORK_QUEUE_URL", "a queue's URL");
        QueueConfig { import_url: None, site_work_url: Some(url) }
    }

    fn import_queue(&mut self) -> QueueConfig {
        let url = self.required("IMPORT_QUEUE_URL", "a queue's URL");
        QueueConfig { import_url: Some(url), site_work_url: None }
    }
}

/// The event bus.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EventConfig {
    /// The bus's name.
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

/// What the dispatcher needs.
#[derive(Clone, Debug)]
pub struct DispatchConfig {
    /// How to reach AWS.
    pub aws: AwsConfig,
    /// The DynamoDB table.
    pub table: String,
    /// The queues of the workers to wake.
    pub queues: QueueConfig,
}

impl DispatchConfig {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// Names every variable that is missing or wrong.
    pub fn read() -> Result<Self, ConfigError> {
        let mut reader = Reader::new(&of_process);
        let queues = reader.site_queue();
        let config = Self { aws: reader.aws(), table: reader.table(), queues };
        reader.finish(Some(config))
    }

    /// With both queues, for a function that wakes the writer and the importer.
    pub(super) fn of_both(reader: &mut Reader<'_>) -> Self {
        let queues =
            QueueConfig { import_url: reader.import_queue().import_url, ..reader.site_queue() };
        Self { aws: reader.aws(), table: reader.table(), queues }
    }
}
