//! A writer as `site-writer` builds it, with a table, queues and a bus in memory, and a quick Halo.

use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use aws::events::Events;
use aws::queues::Queues;
use aws_double::{Answer, Aws, Call, Table};
use best_practice::{BpClient, StatementPack};
use bp_writer::bookings::Bookings;
use bp_writer::deliveries::{Deliveries, Summaries};
use bp_writer::{Limits, QueueAndBus, SystemClock, TurnOutcome, Writer};
use config::{BpWriterConfig, EventConfig, QueueConfig};
use document_bucket::DocumentBucket;
use domain::connection::{Availability, Connection, Site, Standing};
use domain::ids::{HaloGuid, PracticeId, SiteId};
use domain::usage::Caps;
use halo::{FixedKeys, HaloClient, Keys, Uuid};
use halo_simulator::local_client;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use store::Store;
use store::work::Entry;
use usage::Counter;

use super::halo::QuickHalo;

/// The bytes of every document.
pub(crate) const PDF: &[u8] = b"%PDF-1.7 made up";
const TURN: Duration = Duration::from_secs(100);

pub(crate) struct Bench {
    pub(crate) aws: Aws,
    pub(crate) halo: QuickHalo,
    pub(crate) store: Store,
    table: Arc<Table>,
    writer: Writer<Store, QueueAndBus, SystemClock>,
    counter: Counter,
}

pub(crate) fn practice(number: usize) -> PracticeId {
    PracticeId::parse(&format!("practice-{number}")).unwrap()
}

pub(crate) fn site(number: usize) -> SiteId {
    SiteId::parse(&(71_000 + number).to_string()).unwrap()
}

fn answer(table: &Table, call: &Call) -> Answer {
    if let Some(answer) = table.answer(call) {
        return answer;
    }
    match call.operation.as_str() {
        "SendMessage" => Answer::of(json!({ "MessageId": "m" })),
        "SendMessageBatch" => Answer::of(json!({ "Successful": [], "Failed": [] })),
        "PutEvents" => Answer::of(json!({ "FailedEntryCount": 0, "Entries": [] })),
        get if get.starts_with("GET ") => Answer::bytes(PDF.to_vec()),
        _ => Answer::nothing(),
    }
}

impl Bench {
    pub(crate) fn new(halo: QuickHalo) -> Self {
        let table = Arc::new(Table::default());
        let answering = Arc::clone(&table);
        let aws = Aws::answering(move |call| answer(&answering, call));
        let config = aws.config();
        let store = Store::new(aws_sdk_dynamodb::Client::new(&config), "table");
        let counter = Counter::new(store.clone(), Caps::default());
        let keys =
            Arc::new(FixedKeys(Keys { primary: "made up".to_owned().into(), secondary: None }));
        let client = HaloClient::new(local_client().unwrap(), halo.url().parse().unwrap(), keys);
        let client = client.metered(counter.meter());
        let pack = StatementPack::load(None).unwrap();
        let bp = BpClient::new(client.clone(), pack.clone());
        let url = "https://queue.invalid/made-up";
        let queues = QueueConfig { site_work_url: Some(url.to_owned()), ..QueueConfig::default() };
        let messages = QueueAndBus {
            queues: Queues::new(aws_sdk_sqs::Client::new(&config), queues),
            events: Events::new(&config, EventConfig::at("bus", url)),
        };
        let summaries = Summaries {
            bp: bp.clone(),
            store: store.clone(),
            bucket: DocumentBucket::new(aws_sdk_s3::Client::new(&config), "bucket"),
            audit_retention: SignedDuration::from_hours(1),
            observations_per_code: NonZeroU16::MIN,
        };
        let limits = Limits::new(&BpWriterConfig {
            bucket: String::new(),
            turn: TURN,
            queue: Duration::from_secs(60),
            execution: Duration::from_secs(300),
            margin: Duration::from_secs(60),
            look: Duration::from_secs(30),
            unchecked: Duration::from_hours(336),
        });
        let writer = Writer::new(store.clone(), messages, SystemClock, client, bp, limits)
            .with(Deliveries::new(pack.clone(), summaries))
            .with(Bookings::new(pack));
        Self { aws, halo, store, table, writer, counter }
    }

    /// Connects a practice with the site of its number.
    pub(crate) fn connect(&self, number: usize) {
        let connection = Connection {
            site_id: site(number),
            site: Site {
                halo_guid: HaloGuid(Uuid::from_u128(number as u128 + 1)),
                practice_name: None,
                pms_version: None,
                halo_link_version: None,
                last_heartbeat: None,
                clock_ahead_seconds: None,
                availability: Availability::Online,
            },
            standing: Standing::Paired,
            paired_at: Timestamp::UNIX_EPOCH,
            generation: 0,
            edition: 0,
        };
        let pk = format!("PRACTICE#{}", practice(number));
        self.table.put_body(&pk, "CONNECTION", &serde_json::to_value(connection).unwrap());
    }

    /// Accepts an entry as the API does, without what the API itself reads and sends.
    pub(crate) async fn accept<T: serde::Serialize>(&self, number: usize, entry: &Entry<T>) {
        self.store.accept_work(&practice(number), entry, Timestamp::now()).await.unwrap();
    }

    /// A turn as a message starts it.
    pub(crate) async fn turn(&self, number: usize) -> TurnOutcome {
        let practice = practice(number);
        // Boxed, because a turn's state is too large for the stack of a test.
        let turn = Box::pin(self.writer.turn(&practice, None, TURN));
        self.counter.charge(&practice, turn).await.unwrap()
    }
}
