//! Two workers at one document, and what is left in the bucket.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws::events::Events;
use aws::queues::{ImportWake, Queues};
use aws_double::{Answer, Aws, Call};
use best_practice::{BpClient, StatementPack};
use config::{EventConfig, ImporterConfig, QueueConfig};
use document_bucket::DocumentBucket;
use document_import::Importer;
use domain::attachments::Folder;
use domain::ids::{DocumentId, PatientId, PracticeId, SiteId, Subject};
use domain::imports::{
    Claim, Fetching, Import, ImportId, Item, Lease, Patience, Place, Selection, Selections,
    StagedCopy,
};
use halo::{Deadline, FixedKeys, HaloClient, Keys};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde_json::{Value, json};
use store::{Store, StoredItem};
use uuid::Uuid;

/// The first worker's copy.
const COPY: &str = "attachments/the-first-workers";

/// A table that checks keys and versions, and a bucket that accepts every call.
#[derive(Clone, Default)]
struct Table(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    items: BTreeMap<String, Value>,
    /// What the other worker writes just before the next write.
    meanwhile: Option<Value>,
}

fn place(item: &Value) -> String {
    format!("{} {}", item["pk"]["S"], item["sk"]["S"])
}

impl Table {
    fn answer(&self, call: &Call) -> Answer {
        let mut kept = self.0.lock().unwrap();
        match call.operation.as_str() {
            "TransactWriteItems" => {
                for write in call.body["TransactItems"].as_array().unwrap() {
                    let item = write["Put"]["Item"].clone();
                    kept.items.insert(place(&item), item);
                }
            }
            "GetItem" => {
                return match kept.items.get(&place(&call.body["Key"])) {
                    Some(item) => Answer::of(json!({ "Item": item })),
                    None => Answer::nothing(),
                };
            }
            "PutItem" => {
                if let Some(item) = kept.meanwhile.take() {
                    kept.items.insert(place(&item), item);
                }
                let (item, seen) =
                    (&call.body["Item"], &call.body["ExpressionAttributeValues"][":seen"]);
                if kept.items[&place(item)]["version"] != *seen {
                    return Answer::refused("ConditionalCheckFailedException");
                }
                kept.items.insert(place(item), item.clone());
            }
            _ => {}
        }
        Answer::nothing()
    }
}

/// A document that a worker has begun to copy. The worker's lease has ended.
struct Bench {
    table: Table,
    aws: Aws,
    store: Store,
    practice: PracticeId,
    import: ImportId,
    taken: StoredItem,
    fetching: Fetching,
}

impl Bench {
    async fn new() -> Self {
        let table = Table::default();
        let answering = table.clone();
        let aws = Aws::answering(move |call| answering.answer(call));
        let store = Store::new(aws_sdk_dynamodb::Client::new(&aws.config()), "table");
        let practice = PracticeId::parse("bluegum-hollow").unwrap();
        let id = ImportId::parse("form-1").unwrap();
        let began = Timestamp::now() - SignedDuration::from_mins(10);
        let selection = Selection {
            folder: Folder::Investigations,
            document_id: DocumentId(1),
            category: None,
        };
        let import = Import {
            site: SiteId::parse("70999").unwrap().into(),
            patient: PatientId(1),
            asked_by: Subject("somebody".to_owned()),
            asked_at: began,
            documents: 1,
            cancelled_at: None,
        };
        let expires = Timestamp::now() + SignedDuration::from_hours(1);
        let selections = Selections::new(vec![selection]).unwrap();
        store.create_import(&practice, &id, &import, &selections, expires).await.unwrap();
        let queued = store.import_item(&practice, &id, 0, began).await.unwrap().unwrap();
        let lease =
            Lease { owner: Uuid::from_u128(1), until: began + SignedDuration::from_mins(2) };
        let patience = Patience { give_up_after: SignedDuration::from_hours(24), failed_tries: 6 };
        let Claim::Granted(mut fetching) = queued.state.clone().claimable(lease, began, patience)
        else {
            panic!("{queued:?}");
        };
        fetching.reserve(Place { key: COPY.to_owned(), upload_id: None });
        let state = Item::Fetching(fetching.clone());
        let taken = store.move_import_item(&practice, &id, &queued, state).await.unwrap();
        Self { table, aws, store, practice, import: id, taken, fetching }
    }

    /// The first worker's next step, just before the second worker's next step.
    async fn meanwhile(&self, state: Item) {
        let (practice, import) = (&self.practice, &self.import);
        let before = self.table.0.lock().unwrap().items.clone();
        self.store.move_import_item(practice, import, &self.taken, state).await.unwrap();
        let mut kept = self.table.0.lock().unwrap();
        let (place, now) =
            kept.items.iter().find(|(place, item)| before[*place] != **item).unwrap();
        let (place, now) = (place.clone(), now.clone());
        kept.items.insert(place.clone(), before[&place].clone());
        kept.meanwhile = Some(now);
    }

    /// The second worker.
    async fn wake(&self) {
        let config = self.aws.config();
        let keys = Keys { primary: SecretString::from("made up"), secondary: None };
        let halo = HaloClient::new(
            aws::clients::http().unwrap(),
            "http://halo.invalid".parse().unwrap(),
            Arc::new(FixedKeys(keys)),
        );
        let seconds = Duration::from_secs;
        let importer = Importer::new(
            BpClient::new(halo, StatementPack::load(None).unwrap()),
            self.store.clone(),
            DocumentBucket::new(aws::clients::s3(&config), "bucket"),
            Queues::new(aws_sdk_sqs::Client::new(&config), QueueConfig::default()),
            Events::new(&config, EventConfig::at("bus", "http://queue.invalid/")),
            ImporterConfig {
                bucket: "bucket".to_owned(),
                inline_bytes: 1,
                lease: seconds(120),
                slow_poll: seconds(30),
                offline_retry: seconds(120),
                give_up: seconds(86_400),
            },
        );
        let wake = ImportWake {
            practice_id: self.practice.to_string(),
            import_id: self.import.as_str().to_owned(),
            item: 0,
        };
        importer.handle(&wake, Deadline::after(seconds(30))).await.unwrap();
    }

    fn removed(&self) -> Vec<String> {
        let gone = |call: &String| call.strip_prefix("DELETE /bucket/").map(str::to_owned);
        self.aws.operations().iter().filter_map(gone).collect()
    }
}

#[tokio::test]
async fn a_copy_that_was_finished_just_before_it_was_taken_over_stays() {
    let bench = Bench::new().await;
    let copy = StagedCopy {
        key: COPY.to_owned(),
        bytes: 1,
        content_type: "application/pdf".to_owned(),
        extension: "pdf".to_owned(),
        sha256: "0".repeat(64),
        staged_at: Timestamp::now(),
        dated: None,
        rendition: None,
    };
    bench.meanwhile(bench.fetching.clone().stage(copy)).await;
    bench.wake().await;
    assert_eq!(bench.removed(), [] as [&str; 0], "somebody is offered this copy");
}

#[tokio::test]
async fn what_a_worker_left_that_died_is_cleared_away() {
    let bench = Bench::new().await;
    bench.wake().await;
    let removed = bench.removed();
    // A copy, and the text that may be beside it.
    assert_eq!(removed[..2], [COPY.to_owned(), format!("{COPY}.txt")]);
    // The practice is not connected, so the second worker's own place is cleared as well.
    assert_eq!(removed.len(), 4, "{removed:?}");
    assert_ne!(removed[2], COPY);
}
