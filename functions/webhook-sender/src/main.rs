//! Sends events to platforms' webhook endpoints. Messages come from two queues: events that must be kept for the
//! endpoints that receive them, and endpoints for which something is due.

#[cfg(all(panic = "abort", not(test)))]
compile_error!(
    "build this function with `--profile worker`: a panic may end only one message's work"
);

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws::events::{EventMessage, Events};
use aws::queues::{EndpointWake, Queues};
use aws::{SecretText, batch, clients, telemetry};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use config::{PlatformScope, WebhookSenderConfig, WebhookTurnConfig};
use domain::events::Reader;
use domain::ids::PlatformId;
use domain::webhooks::EndpointLane;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use store::Store;
use webhooks::address::Allowed;
use webhooks::{
    Clock as _, Limits, Outside, Platforms, QueuesAndBus, Sender, SystemClock, fan_out,
};

type WebhookSender = Sender<Store, QueuesAndBus, SecretText, SystemClock>;

/// The time to store the last result and to answer Lambda.
const MARGIN: Duration = Duration::from_secs(3);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let turn = WebhookTurnConfig::read()?;
    let longest = turn.turn;
    let sender = Arc::new(sender(turn)?);
    lambda_runtime::run(service_fn(|event| serve(Arc::clone(&sender), longest, event))).await
}

fn sender(turn: WebhookTurnConfig) -> Result<WebhookSender, Error> {
    let config = WebhookSenderConfig::read()?;
    let aws = clients::aws(&config.aws)?;
    let platforms = platforms(&turn.platforms)?;
    let usual = Limits::default();
    let limits = Limits { waits: config.waits.unwrap_or(usual.waits), ..usual };
    let allowed = if config.loopback { Allowed::PublicAndLoopback } else { Allowed::Public };
    Ok(Sender {
        store: Store::new(aws_sdk_dynamodb::Client::new(&aws), config.table),
        messages: QueuesAndBus {
            queues: Queues::new(aws_sdk_sqs::Client::new(&aws), config.queues),
            events: Events::new(&aws, turn.events),
        },
        secrets: SecretText::new(aws_sdk_secretsmanager::Client::new(&aws), config.key_arn),
        clock: SystemClock,
        outside: Outside::new(allowed, limits.answer_within)?,
        limits,
        platforms,
    })
}

fn platforms(config: &config::Platforms) -> Result<Platforms, Error> {
    let reader = |scope: &PlatformScope| match scope {
        PlatformScope::PracticesAdmin => Reader::PracticesAdmin,
        PlatformScope::CorrespondenceWrite => Reader::Correspondence,
        PlatformScope::BookingsWrite => Reader::Bookings,
    };
    let named = config.iter().map(|platform| {
        let id = PlatformId::parse(&platform.id).map_err(|invalid| invalid.to_string())?;
        Ok((id, platform.scopes.iter().map(reader).collect()))
    });
    Ok(Platforms(named.collect::<Result<_, Error>>()?))
}

async fn serve(
    sender: Arc<WebhookSender>,
    longest: Duration,
    event: LambdaEvent<SqsEvent>,
) -> Result<SqsBatchResponse, Error> {
    let left = event.context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
    // The last call may begin just before the end of the run.
    let reserved = MARGIN + sender.limits.answer_within;
    let time = left.saturating_sub(reserved).min(longest);
    let mut events = Vec::new();
    let mut turns = Vec::new();
    let mut failed = Vec::new();
    for SqsMessage { message_id, body, .. } in event.payload.records {
        let body = body.unwrap_or_default();
        if let Some(lane) = lane_in(&body) {
            let sender = Arc::clone(&sender);
            // A panic in one task does not end the others.
            let turn = tokio::spawn(async move { sender.turn(&lane, time).await });
            turns.push((message_id, turn));
        } else if let Ok(event) = serde_json::from_str::<EventMessage>(&body) {
            events.push((message_id, event));
        } else {
            // It goes to the dead letters, where a person finds it.
            tracing::error!("a message that cannot be read");
            failed.push(message_id);
        }
    }
    let (ids, events): (Vec<_>, Vec<_>) = events.into_iter().unzip();
    let kept = {
        let (platforms, now) = (&sender.platforms, sender.clock.now());
        fan_out(&sender.store, &sender.messages, &events, platforms, now).await
    };
    failed.extend(ids.into_iter().zip(kept).filter(|(_, kept)| !kept).map(|(id, _)| id));
    for (id, turn) in turns {
        match turn.await {
            Ok(Ok(turn)) => tracing::info!(?turn, "sent"),
            Ok(Err(error)) => {
                tracing::error!(%error, "the run must come again");
                failed.push(id);
            }
            Err(_) => failed.push(id),
        }
    }
    Ok(batch::repeat_only(failed)?)
}

fn lane_in(body: &str) -> Option<EndpointLane> {
    serde_json::from_str::<EndpointWake>(body).ok()?.lane.parse().ok()
}
