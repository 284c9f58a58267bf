//! Configuration of queues and the event bus. A function gets only the URLs of the queues that it may
//! send to.

use super::{AwsConfig, ConfigError, Reader, of_process};

/// The queues that the function may send to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct QueueConfig {
    pub import_url: Option<String>,
    pub site_work_url: Option<String>,
    pub webhook_send_url: Option<String>,
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
        QueueConfig { site_work_url: Some(url), ..QueueConfig::default() }
    }

    fn import_queue(&mut self) -> QueueConfig {
        let url = self.required("IMPORT_QUEUE_URL", "a queue's URL");
        QueueConfig { import_url: Some(url), ..QueueConfig::default() }
    }

    pub(super) fn webhook_queue(&mut self) -> QueueConfig {
        let url = self.required("WEBHOOK_SEND_QUEUE_URL", "a queue's URL");
        QueueConfig { webhook_send_url: Some(url), ..QueueConfig::default() }
    }
}

/// Where events are published.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EventConfig {
    /// The bus's name.
    pub bus: String,
    /// The queue from which webhook endpoints receive events.
    pub webhook_events_url: String,
}

impl EventConfig {
    /// The bus of this name, and the queue at this address.
    #[must_use]
    pub fn at(bus: impl Into<String>, webhook_events_url: impl Into<String>) -> Self {
        Self { bus: bus.into(), webhook_events_url: webhook_events_url.into() }
    }

    /// Reads the process's environment.
    ///
    /// # Errors
    /// Names the variable that is missing.
    pub fn read() -> Result<Self, ConfigError> {
        let mut reader = Reader::new(&of_process);
        let bus = reader.required("EVENT_BUS_NAME", "an event bus's name");
        let webhook_events_url = reader.required("WEBHOOK_EVENTS_QUEUE_URL", "a queue's URL");
        reader.finish(Some(Self { bus, webhook_events_url }))
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
        let webhooks = reader.webhook_queue().webhook_send_url;
        let queues = QueueConfig { webhook_send_url: webhooks, ..reader.site_queue() };
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
