//! Finds what is due and wakes the workers. It never calls Halo.
//!
//! EventBridge Scheduler starts it. Each schedule names a task: `{"job": "sweep"}` finds practices
//! with deliveries or bookings that are due, `{"job": "jobs"}` finds practices' jobs that are due, and
//! `{"job": "webhooks"}` finds webhook endpoints for which something is due. An operator can start one
//! job of one practice: `{"job": "reconcile", "practiceId": "..."}`.

mod dispatch;
mod spread;
mod task;

use aws::queues::Queues;
use aws::{clients, telemetry};
use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_sqs::Client as Sqs;
use config::DispatchConfig;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use store::Store;

use crate::dispatch::Dispatcher;
use crate::task::Task;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let config = DispatchConfig::read()?;
    let aws = clients::aws(&config.aws)?;
    let dispatcher = Dispatcher {
        store: Store::new(DynamoDb::new(&aws), config.table),
        queues: Queues::new(Sqs::new(&aws), config.queues),
    };
    lambda_runtime::run(service_fn(|event: LambdaEvent<Task>| {
        let dispatcher = &dispatcher;
        async move { dispatcher.perform(event.payload).await.map_err(Error::from) }
    }))
    .await
}
