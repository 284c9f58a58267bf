//! What comes round: finds what is due and wakes whoever does it. It asks no practice anything.
//!
//! Each of EventBridge Scheduler's schedules names its task: `{"job": "sweep"}` finds the lanes with
//! work that is due, `{"job": "turns"}` the jobs of practices whose time has come. An operator may
//! have a practice's job done at once: `{"job": "reconcile", "practiceId": "..."}`.

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
