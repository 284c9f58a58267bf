//! The only writer of practices' Bp: deliveries, bookings and scheduled jobs. A message only names the
//! practice. What must be done is in the table. The writer itself is in the crate `bp-writer`.

mod batch;

#[cfg(all(panic = "abort", not(test)))]
compile_error!(
    "build this function with `--profile worker`: a panic may end only one message's work"
);

use std::sync::Arc;

use aws::events::Events;
use aws::queues::Queues;
use aws::{SecretKeys, clients, telemetry};
use best_practice::{BpClient, StatementPack};
use bp_writer::bookings::Bookings;
use bp_writer::deliveries::{Deliveries, Summaries};
use bp_writer::{Limits, QueueAndBus, SystemClock, Writer, jobs};
use config::{BpWriterConfig, ClinicalConfig, EventConfig, PracticeConfig, QueueConfig};
use document_bucket::DocumentBucket;
use domain::usage::Caps;
use halo::HaloClient;
use jiff::SignedDuration;
use lambda_runtime::{Error, service_fn};
use store::Store;
use usage::Counter;

type SiteWriter = Writer<Store, QueueAndBus, SystemClock>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let work = BpWriterConfig::read()?;
    let (writer, counter) = writer(&work)?;
    let writer = Arc::new(writer);
    lambda_runtime::run(service_fn(|event| {
        batch::serve(Arc::clone(&writer), counter.clone(), work.turn, event)
    }))
    .await
}

fn writer(work: &BpWriterConfig) -> Result<(SiteWriter, Counter), Error> {
    let config = PracticeConfig::read()?;
    let queues = QueueConfig::sites()?;
    let aws = clients::aws(&config.aws)?;
    let keys = SecretKeys::new(aws_sdk_secretsmanager::Client::new(&aws), config.halo_secret_arn);
    let halo = HaloClient::new(clients::http()?, config.halo_base_url, Arc::new(keys));
    let store = Store::new(aws_sdk_dynamodb::Client::new(&aws), config.table);
    let caps = Caps { queries: config.daily_query_cap, bytes: config.daily_byte_cap };
    let counter = Counter::new(store.clone(), caps);
    let halo = halo.metered(counter.meter());
    let pack = StatementPack::load(config.statement_pack.as_deref())?;
    let bp = BpClient::new(halo.clone(), pack.clone());
    let events = Events::new(&aws, EventConfig::read()?);
    let messages = QueueAndBus {
        queues: Queues::new(aws_sdk_sqs::Client::new(&aws), queues),
        events: events.clone(),
    };
    let bucket = DocumentBucket::new(clients::s3(&aws), &work.bucket);
    let limits = Limits::new(work);
    let summaries = Summaries {
        bp: bp.clone(),
        store: store.clone(),
        bucket,
        audit_retention: SignedDuration::from_hours(24 * i64::from(config.audit_retention_days)),
        observations_per_code: ClinicalConfig::read()?.observations_per_code,
    };
    let writer = Writer::new(store.clone(), messages, SystemClock, halo, bp.clone(), limits)
        .with(Deliveries::new(pack.clone(), summaries))
        .with(Bookings::new(pack))
        .with_job(jobs::SiteHealth {
            store: store.clone(),
            bp: bp.clone(),
            events: events.clone(),
            caps,
        })
        .with_job(jobs::Checked {
            store: store.clone(),
            bp: bp.clone(),
            events,
            report_after: SignedDuration::try_from(work.unchecked).unwrap_or(SignedDuration::MAX),
        })
        .with_job(jobs::StaffSync { store: store.clone(), bp: bp.clone() })
        .with_job(jobs::Reconcile { store, bp });
    Ok((writer, counter))
}
