//! Copies practices' documents from Bp into the bucket. Each document has its own message.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws::events::Events;
use aws::queues::{ImportWake, Queues};
use aws::{SecretKeys, batch, clients, telemetry};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use best_practice::{BpClient, StatementPack};
use config::{EventConfig, ImporterConfig, PracticeConfig, QueueConfig};
use document_bucket::DocumentBucket;
use document_import::Importer;
use domain::ids::PracticeId;
use domain::usage::Caps;
use halo::{Deadline, HaloClient};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use store::Store;
use usage::Counter;

/// The time that the worker needs to store its progress before Lambda ends the process.
const MARGIN: Duration = Duration::from_secs(10);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let (importer, counter) = importer()?;
    lambda_runtime::run(service_fn(|event| serve(&importer, &counter, event))).await
}

fn importer() -> Result<(Importer, Counter), Error> {
    let config = PracticeConfig::read()?;
    let importing = ImporterConfig::read()?;
    let aws = clients::aws(&config.aws)?;
    let secrets = aws_sdk_secretsmanager::Client::new(&aws);
    let keys = SecretKeys::new(secrets, config.halo_secret_arn);
    let halo = HaloClient::new(clients::http()?, config.halo_base_url, Arc::new(keys));
    let store = Store::new(aws_sdk_dynamodb::Client::new(&aws), config.table);
    let caps = Caps { queries: config.daily_query_cap, bytes: config.daily_byte_cap };
    let counter = Counter::new(store.clone(), caps);
    let halo = halo.metered(counter.meter());
    let importer = Importer::new(
        BpClient::new(halo, StatementPack::load(config.statement_pack.as_deref())?),
        store,
        DocumentBucket::new(clients::s3(&aws), &importing.bucket),
        Queues::new(aws_sdk_sqs::Client::new(&aws), QueueConfig::imports()?),
        Events::new(&aws, EventConfig::read()?),
        importing,
    );
    Ok((importer, counter))
}

async fn serve(
    importer: &Importer,
    counter: &Counter,
    event: LambdaEvent<SqsEvent>,
) -> Result<SqsBatchResponse, Error> {
    let left = event.context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
    let deadline = Deadline::after(left.saturating_sub(MARGIN));
    let mut failed = Vec::new();
    for message in event.payload.records {
        let wake: Option<ImportWake> =
            message.body.as_deref().and_then(|body| serde_json::from_str(body).ok());
        let practice = wake.as_ref().and_then(|wake| PracticeId::stored(&wake.practice_id).ok());
        let Some((wake, practice)) = wake.zip(practice) else {
            tracing::error!("a message that cannot be read");
            failed.push(message.message_id);
            continue;
        };
        if let Err(error) = counter.charge(&practice, importer.handle(&wake, deadline)).await {
            tracing::error!(%error, "a message has to come again");
            failed.push(message.message_id);
        }
    }
    Ok(batch::repeat_only(failed)?)
}
