//! A practice behind a running simulator, and a writer that can be killed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use aws::events::EventKind;
use best_practice::{BpClient, PairingOutcome, StatementPack};
use bp_writer::{Clock as _, Kind, Limits, ScheduledJob, ScheduledJobError, TurnOutcome, Writer};
use domain::connection::{Connection, Standing};
use domain::ids::{HaloGuid, PairingCode, PracticeId, SiteId};
use domain::schedule::Job;
use halo::{AsyncState, Call, Command, Deadline, FixedKeys, HaloClient, Keys};
use halo_simulator::{Options, Running, Simulator, local_client};
use jiff::{SignedDuration, Timestamp};
use ledger::{Backoff, Fence};
use reqwest::Method;
use serde_json::{Value, json};
use store::work::{Entry, WorkKey, WorkProgress};
use support::pause;

use crate::once::letters::{Letter, Letters};
use crate::once::memory::Memory;

pub(crate) type TestWriter = Writer<Memory, Memory, Memory>;

/// How long a turn may take, on the clock of the test.
pub(crate) const TURN: Duration = Duration::from_secs(60);
/// More turns than any test needs.
const MOST_TURNS: u32 = 80;

pub(crate) struct Bench {
    pub(crate) running: Running,
    pub(crate) memory: Memory,
    pub(crate) writer: TestWriter,
    pub(crate) practice: PracticeId,
    halo: HaloClient,
    sentinel: HaloGuid,
    http: reqwest::Client,
}

/// A job that makes a letter due.
struct Greeting(Memory);

impl ScheduledJob for Greeting {
    const JOB: Job = Job::Reconcile;
    const WRITES: bool = true;

    async fn run(
        &self,
        practice: &PracticeId,
        _: Deadline,
    ) -> Result<Option<SignedDuration>, ScheduledJobError> {
        self.0.accept(practice, &Letter::new("PB-GREETING").entry(self.0.now()));
        Ok(None)
    }
}

fn ample() -> Deadline {
    Deadline::after(Duration::from_secs(60))
}

pub(crate) fn limits() -> Limits {
    let seconds = Duration::from_secs;
    Limits {
        fence: Fence {
            call: seconds(5),
            queue: seconds(60),
            execution: seconds(300),
            margin: seconds(5),
        },
        patience: seconds(10),
        answer: seconds(10),
        seen_online: seconds(60),
        slow_poll: seconds(25),
        slowest_poll: seconds(300),
        park: Backoff { first: seconds(8), longest: seconds(30) },
        park_for_people: Backoff { first: seconds(30), longest: seconds(900) },
        site_taken: Backoff { first: seconds(2), longest: seconds(2) },
        retry: Backoff { first: seconds(2), longest: seconds(900) },
        most_refusals: 5,
        most_lookups: 12,
        lease_margin: seconds(5),
        shortest: seconds(1),
    }
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::with(Letters).await
    }

    pub(crate) async fn with(kind: impl Kind) -> Self {
        Self::with_asking(|_| kind).await
    }

    /// With a kind that asks the practice's Bp itself.
    pub(crate) async fn with_asking<K: Kind>(kind: impl FnOnce(&BpClient) -> K) -> Self {
        let running = Simulator::start(Options::default()).await.expect("the simulator starts");
        let keys = Keys { primary: running.primary_key().to_owned().into(), secondary: None };
        let http = local_client().unwrap();
        let halo = HaloClient::new(
            http.clone(),
            running.url().parse().unwrap(),
            Arc::new(FixedKeys(keys)),
        );
        let bp = BpClient::new(halo.clone(), StatementPack::load(None).unwrap());
        let memory = Memory::default();
        let practice = PracticeId::parse("bluegum-hollow").unwrap();
        let own = connect(&running, &http, &bp, 0).await;
        let sentinel = connect(&running, &http, &bp, 1).await.site.halo_guid;
        memory.connect(&practice, own);
        let kind = kind(&bp);
        let writer =
            Writer::new(memory.clone(), memory.clone(), memory.clone(), halo.clone(), bp, limits())
                .with(kind)
                .with_job(Greeting(memory.clone()));
        Self { running, memory, writer, practice, halo, sentinel, http }
    }

    pub(crate) async fn control(&self, method: Method, path: &str, body: Value) -> Value {
        control(&self.running, &self.http, method, path, body).await
    }

    /// Faults of the practice under test.
    pub(crate) async fn faults(&self, faults: &[Value]) {
        let site = json!(self.running.practices()[0].site_id);
        let of_site = faults.iter().cloned().map(|mut fault| {
            fault["siteId"] = site.clone();
            fault
        });
        let faults = Value::Array(of_site.collect());
        self.control(Method::PUT, "/faults", faults).await;
    }

    pub(crate) async fn change(&self, change: Value) {
        let path = format!("/practices/{}", self.running.practices()[0].site_id);
        self.control(Method::PUT, &path, change).await;
    }

    /// How often an operation was called at the practice's site.
    pub(crate) async fn calls(&self, operation: &str) -> usize {
        let journal = self.control(Method::GET, "/queries?since=0", Value::Null).await;
        let site = &self.running.practices()[0].site_id;
        let ours = |call: &&Value| call["operation"] == operation && call["siteId"] == json!(site);
        journal["queries"].as_array().unwrap().iter().filter(ours).count()
    }

    /// How many asynchronous queries Halo accepted.
    pub(crate) async fn taken(&self) -> usize {
        let journal = self.control(Method::GET, "/queries?since=0", Value::Null).await;
        let site = &self.running.practices()[0].site_id;
        let ours = |call: &&Value| {
            let asked = call["operation"] == "asyncQuery" && call["siteId"] == json!(site);
            asked && call["outcome"] == "successful"
        };
        journal["queries"].as_array().unwrap().iter().filter(ours).count()
    }

    pub(crate) fn accept(&self, token: &str) -> WorkKey {
        let entry = Letter::new(token).entry(self.memory.now());
        self.memory.accept(&self.practice, &entry);
        entry.key
    }

    pub(crate) async fn turn(&self) -> TurnOutcome {
        self.writer.turn(&self.practice, None, TURN).await.expect("the table answers")
    }

    pub(crate) fn letter(&self, key: &WorkKey) -> Entry<Letter> {
        self.memory.entry(&self.practice, key).read().unwrap()
    }

    /// Records in Bp by token.
    pub(crate) fn records(&self) -> BTreeMap<String, usize> {
        let database =
            rusqlite::Connection::open(&self.running.practices()[0].database_file).unwrap();
        let mut found = BTreeMap::new();
        let mut statement = database
            .prepare(
                "SELECT RTRIM(USERREFERENCE) FROM CORRESPONDENCEOUT WHERE USERREFERENCE LIKE 'PB%'",
            )
            .unwrap();
        let tokens = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        for token in tokens {
            *found.entry(token.unwrap()).or_default() += 1;
        }
        found
    }

    /// Waits until our queries at Halo have ended. A query at another site, submitted later, has then
    /// passed through the same phases.
    pub(crate) async fn quiet(&self) {
        let command = Command::text("SELECT 1 AS One");
        for _ in 0..2 {
            let queue = Duration::from_secs(60);
            let query = self
                .halo
                .submit(self.sentinel.0, &command, queue, Call::Read, ample())
                .await
                .expect("the other site takes queries")
                .query_id;
            let ended = loop {
                let status = self.halo.query(self.sentinel.0, query, ample()).await.unwrap();
                if status.state.is_final() {
                    break status.state;
                }
                // Rust cannot yet prove that a task may hold the closure that `until` takes.
                pause("the query ends within milliseconds", Duration::from_millis(2)).await;
            };
            assert_eq!(ended, AsyncState::Successful);
        }
    }

    /// Advances the clock to when the lane is due. Returns whether it is due at all.
    pub(crate) async fn sleep_until_due(&self) -> bool {
        let Some(due) = self.memory.lane(&self.practice).due else { return false };
        let wait = due.duration_since(self.memory.now());
        if wait > SignedDuration::ZERO {
            self.quiet().await;
            self.memory.advance(wait);
        }
        true
    }

    /// Takes turn after turn until nothing is open.
    pub(crate) async fn until_closed(&self) {
        for _ in 0..MOST_TURNS {
            if self.memory.entries(&self.practice).iter().all(|entry| !entry.is_open()) {
                return;
            }
            assert!(self.sleep_until_due().await, "open work, and the lane is not due");
            self.turn().await;
        }
        panic!("never done: {:?}", self.memory.entries(&self.practice));
    }

    /// Asserts that each letter is in Bp once, is closed, and was published.
    pub(crate) fn assert_once(&self, keys: &[WorkKey], story: &str) {
        for key in keys {
            let entry = self.letter(key);
            let records = self.records().get(&key.id).copied().unwrap_or_default();
            assert_eq!(records, 1, "{story}: {key} is in Bp {records} times: {entry:?}");
            assert_eq!(entry.body.state, "delivered", "{story}: {entry:?}");
            assert!(matches!(entry.work.progress, WorkProgress::Settled(_)), "{story}: {entry:?}");
            let told = self.memory.events().iter().any(|event| event.subject == key.id);
            assert!(told, "{story}: nobody was told of {key}");
            // However often it was published.
            let delivered = self.memory.events().into_iter().filter(|event| {
                event.subject == key.id && event.kind == EventKind::DeliveryDelivered
            });
            let ids: BTreeSet<String> = delivered.map(|event| event.id()).collect();
            assert_eq!(ids.len(), 1, "{story}: {ids:?}");
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.memory.now()
    }
}

async fn connect(
    running: &Running,
    http: &reqwest::Client,
    bp: &BpClient,
    practice: usize,
) -> Connection {
    let site_id = &running.practices()[practice].site_id;
    let path = format!("/practices/{site_id}/pairing-codes");
    let issued = control(running, http, Method::POST, &path, Value::Null).await;
    let code = PairingCode::parse(issued["pairingCode"].as_str().unwrap()).unwrap();
    let site_id = SiteId::parse(site_id).unwrap();
    let site = match bp.pair(&site_id, &code, ample()).await {
        PairingOutcome::Paired(site) => site,
        other => panic!("not paired: {other:?}"),
    };
    let paired_at = Timestamp::UNIX_EPOCH;
    Connection { site_id, site, standing: Standing::Paired, paired_at, generation: 0, edition: 0 }
}

async fn control(
    running: &Running,
    http: &reqwest::Client,
    method: Method,
    path: &str,
    body: Value,
) -> Value {
    let request = http.request(method, format!("{}{path}", running.control_url()));
    let request = if body.is_null() { request } else { request.json(&body) };
    let response = request.send().await.expect("the control API answers");
    let status = response.status();
    let bytes = response.bytes().await.unwrap();
    assert!(status.is_success(), "{path}: {status}: {}", String::from_utf8_lossy(&bytes));
    if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() }
}
