//! Builds what a function's handlers work with from its environment variables. If the configuration is wrong,
//! the function stops here with a message, before it takes its first event.

use std::sync::Arc;

use aws::queues::Queues;
use aws::{SecretKeys, SecretText, clients, telemetry};
use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_secretsmanager::Client as SecretsManager;
use aws_sdk_sqs::Client as Sqs;
use aws_types::sdk_config::SdkConfig;
use best_practice::{BpClient, StatementPack};
use config::{
    AuditConfig, ClinicalConfig, CopiesConfig, CursorConfig, DocumentsConfig, LimitsConfig,
    PracticeConfig, QueueConfig, WebhookConfig, WebhookSenderConfig,
};
use domain::limits::{Allowance, Allowances};
use domain::usage::Caps;
use halo::HaloClient;
use jiff::SignedDuration;
use lambda_http::Error;
use store::Store;
use usage::Counter;
use webhooks::address::Allowed;
use webhooks::{Limits, Outside};

use crate::app::{App, Copies, Uploads};
use crate::clients::{lazy_bucket, lazy_queues};
use crate::cursor::Cursors;
use crate::limits::Limiter;
use crate::routes::{WebhookEndpoints, WebhookReceiver};

/// Builds an [`App`]. Each `with_…` method adds a part that only some functions have, and reads the
/// environment variables of that part. A separate method for each part also keeps the clients of the
/// other parts out of the function's package.
#[derive(Debug)]
pub struct AppBuilder {
    app: App,
    aws: SdkConfig,
}

impl AppBuilder {
    /// What all functions that serve practices have. Starts logging.
    ///
    /// # Errors
    /// Names everything that is wrong with the configuration.
    pub fn from_environment() -> Result<Self, Error> {
        telemetry::start();
        let config = PracticeConfig::read()?;
        let aws = clients::aws(&config.aws)?;
        let keys = SecretKeys::new(SecretsManager::new(&aws), config.halo_secret_arn);
        let halo = HaloClient::new(clients::http()?, config.halo_base_url, Arc::new(keys));
        let store = Store::new(DynamoDb::new(&aws), config.table);
        let caps = Caps { queries: config.daily_query_cap, bytes: config.daily_byte_cap };
        let counter = Counter::new(store.clone(), caps);
        let halo = halo.metered(counter.meter());
        let pack = StatementPack::load(config.statement_pack.as_deref())?;
        let retention = SignedDuration::from_hours(24 * i64::from(config.audit_retention_days));
        let limiter = limiter(&store)?;
        let app = App::new(BpClient::new(halo, pack), store, counter, retention);
        Ok(Self { app: App { limiter, ..app }, aws })
    }

    /// Adds the key that signs cursors.
    ///
    /// # Errors
    /// Names everything that is wrong with the configuration.
    pub fn with_cursors(mut self) -> Result<Self, Error> {
        let arn = CursorConfig::read()?.secret_arn;
        let secret = SecretText::new(SecretsManager::new(&self.aws), arn);
        self.app.parts.cursors = Some(Cursors::new(secret));
        Ok(self)
    }

    /// Adds the queue that wakes practices' writers.
    ///
    /// # Errors
    /// Names everything that is wrong with the configuration.
    pub fn with_writer_queue(mut self) -> Result<Self, Error> {
        let urls = QueueConfig::sites()?;
        self.app.parts.writer_queue = Some(lazy_queues(self.aws.clone(), urls));
        Ok(self)
    }

    /// Adds the queue that wakes the importer of attachments.
    ///
    /// # Errors
    /// Names everything that is wrong with the configuration.
    pub fn with_import_queue(mut self) -> Result<Self, Error> {
        let urls = QueueConfig::imports()?;
        self.app.parts.import_queue = Some(lazy_queues(self.aws.clone(), urls));
        Ok(self)
    }

    /// Adds the copies of documents in Bp.
    ///
    /// # Errors
    /// Names everything that is wrong with the configuration.
    pub fn with_copies(mut self) -> Result<Self, Error> {
        let config = CopiesConfig::read()?;
        let bucket = lazy_bucket(self.aws.clone(), config.bucket.clone());
        self.app.parts.copies = Some(Copies { config, bucket });
        Ok(self)
    }

    /// Adds the documents that callers upload.
    ///
    /// # Errors
    /// Names everything that is wrong with the configuration.
    pub fn with_uploads(mut self) -> Result<Self, Error> {
        let config = DocumentsConfig::read()?;
        let bucket = lazy_bucket(self.aws.clone(), config.bucket.clone());
        self.app.parts.uploads = Some(Uploads { config, bucket });
        Ok(self)
    }

    /// Adds the number of observations that the clinical summary shows.
    ///
    /// # Errors
    /// Names everything that is wrong with the configuration.
    pub fn with_observations(mut self) -> Result<Self, Error> {
        self.app.parts.observations_per_code = Some(ClinicalConfig::read()?.observations_per_code);
        Ok(self)
    }

    /// The app with the parts that were added.
    #[must_use]
    pub fn build(self) -> App {
        self.app
    }
}

/// What the receiver of Halo's notifications works with. It is not an [`App`], because it never asks Halo
/// and is given no key of Halo's. Starts logging.
///
/// # Errors
/// Names everything that is wrong with the configuration.
pub fn webhook_receiver() -> Result<WebhookReceiver, Error> {
    telemetry::start();
    let WebhookConfig { dispatch, secret_arn, window } = WebhookConfig::read()?;
    let aws = clients::aws(&dispatch.aws)?;
    Ok(WebhookReceiver {
        store: Store::new(DynamoDb::new(&aws), dispatch.table),
        queues: Queues::new(Sqs::new(&aws), dispatch.queues),
        secrets: SecretKeys::new(SecretsManager::new(&aws), secret_arn),
        window: SignedDuration::try_from(window)?,
    })
}

/// What the routes of webhook endpoints work with. Starts logging.
///
/// # Errors
/// Names everything that is wrong with the configuration.
pub fn webhook_endpoints() -> Result<WebhookEndpoints, Error> {
    telemetry::start();
    let WebhookSenderConfig { aws, table, queues, key_arn, loopback, .. } =
        WebhookSenderConfig::read()?;
    let cursor_arn = CursorConfig::read()?.secret_arn;
    let days = AuditConfig::read()?.retention_days;
    let aws = clients::aws(&aws)?;
    let secrets = SecretsManager::new(&aws);
    let allowed = if loopback { Allowed::PublicAndLoopback } else { Allowed::Public };
    let store = Store::new(DynamoDb::new(&aws), table);
    Ok(WebhookEndpoints {
        limiter: limiter(&store)?,
        store,
        queues: Queues::new(Sqs::new(&aws), queues),
        cursors: Cursors::new(SecretText::new(secrets.clone(), cursor_arn)),
        key: SecretText::new(secrets, key_arn),
        outside: Outside::new(allowed, Limits::default().answer_within)?,
        audit_retention: SignedDuration::from_hours(24 * i64::from(days)),
    })
}

fn limiter(store: &Store) -> Result<Arc<Limiter>, Error> {
    let config = LimitsConfig::read()?;
    let allowance =
        |[person, practice, platform]: [u32; 3]| Allowance { person, practice, platform };
    let allowances = Allowances {
        records: allowance(config.records),
        queries: allowance(config.queries),
        validations: allowance(config.validations),
        uploads: allowance(config.uploads),
        writes: allowance(config.writes),
        reads: allowance(config.reads),
    };
    Ok(Arc::new(Limiter::new(store.clone(), allowances)))
}
