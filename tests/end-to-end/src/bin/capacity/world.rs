//! The service in this process: the real routes, writer, importer and store, on doubles of Halo and AWS.

use std::num::NonZeroU16;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use api::caller::{Caller, Role, Scope};
use api::{App, Copies, Cursors, Parts, Uploads, lazy_bucket, lazy_queues, routes};
use aws::SecretText;
use aws::clients;
use aws::events::{EventMessage, Events};
use aws::queues::Queues;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use best_practice::{BpClient, StatementPack};
use bp_writer::bookings::Bookings;
use bp_writer::deliveries::{Deliveries, Summaries};
use bp_writer::{Clock, Limits, QueueAndBus, Timing, Writer, jobs};
use config::{
    BpWriterConfig, CopiesConfig, DocumentsConfig, EventConfig, ImporterConfig, QueueConfig,
};
use document_bucket::DocumentBucket;
use document_import::Importer;
use domain::events::Reader;
use domain::ids::{PlatformId, PracticeId, Subject};
use domain::usage::Caps;
use halo::{FixedKeys, HaloClient, Keys};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use store::Store;
use tower::ServiceExt as _;
use usage::Counter;
use webhooks::{Platforms, QueuesAndBus, fan_out};

use crate::aws::{Cloud, IMPORTS, SITE_WORK, WEBHOOK_EVENTS, WEBHOOK_SEND};
use crate::cost::{Cost, Costs};
use crate::halo::{Asked, HaloDouble};

/// The only account of each practice.
pub(crate) const ACCOUNT: &str = "a-doctor";
const BUCKET: &str = "made-up";
/// As in template.yaml.
pub(crate) const TURN: Duration = Duration::from_secs(118);
const RETENTION: SignedDuration = SignedDuration::from_hours(24 * 365);
const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);

/// A clock that is set. Its waits take no time, and are counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct SetClock {
    now: Arc<AtomicI64>,
    paused: Arc<AtomicI64>,
}

impl SetClock {
    pub(crate) fn set(&self, now: Timestamp) {
        self.now.store(now.as_millisecond(), Ordering::Relaxed);
        self.paused.store(0, Ordering::Relaxed);
    }

    fn paused(&self) -> f64 {
        self.paused.load(Ordering::Relaxed) as f64
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        let now = self.now.load(Ordering::Relaxed) + self.paused.load(Ordering::Relaxed);
        Timestamp::from_millisecond(now).unwrap_or(Timestamp::MAX)
    }

    async fn sleep(&self, duration: Duration) {
        self.paused.fetch_add(duration.as_millis() as i64, Ordering::Relaxed);
    }
}

impl Timing for SetClock {
    fn random(&self) -> u64 {
        // The middle of every spread.
        u64::MAX / 2
    }
}

pub(crate) struct World {
    pub(crate) cloud: Cloud,
    pub(crate) store: Store,
    pub(crate) queues: Queues,
    pub(crate) clock: SetClock,
    pub(crate) costs: Costs,
    pub(crate) writer: Writer<Store, QueueAndBus, SetClock>,
    pub(crate) counter: Counter,
    pub(crate) importer: Importer,
    halo: HaloDouble,
    events: Events,
    routers: Routers,
}

struct Routers {
    practice: Router,
    patients: Router,
    clinical: Router,
    attachments: Router,
    correspondence: Router,
    appointments: Router,
}

/// A function of the deployment, by its name there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Group {
    Practice,
    Patients,
    Clinical,
    Attachments,
    Correspondence,
    Appointments,
}

impl Group {
    const fn function(self) -> &'static str {
        match self {
            Self::Practice => "pairing",
            Self::Patients => "patient-search",
            Self::Clinical => "clinical-import",
            Self::Attachments => "attachments",
            Self::Correspondence => "correspondence",
            Self::Appointments => "appointments",
        }
    }
}

/// The figures at one moment.
struct Moment {
    asked: Asked,
    counts: crate::aws::Counts,
    units: aws_double::Units,
    computed: Duration,
}

impl World {
    pub(crate) async fn new() -> Self {
        let (halo_double, cloud) = (HaloDouble::start().await, Cloud::default());
        let aws = cloud.config();
        let store = Store::new(aws_sdk_dynamodb::Client::new(&aws), "table");
        let counter = Counter::new(store.clone(), Caps::default());
        let keys = Keys { primary: halo_double.key.clone().into(), secondary: None };
        let http = clients::http().expect("an HTTP client");
        let url = halo_double.url.parse().expect("an address");
        let halo = HaloClient::new(http, url, Arc::new(FixedKeys(keys))).metered(counter.meter());
        let pack = StatementPack::load(None).expect("the statement pack");
        let bp = BpClient::new(halo.clone(), pack.clone());
        let urls = QueueConfig {
            import_url: Some(IMPORTS.to_owned()),
            site_work_url: Some(SITE_WORK.to_owned()),
            webhook_send_url: Some(WEBHOOK_SEND.to_owned()),
        };
        let queues = Queues::new(aws_sdk_sqs::Client::new(&aws), urls.clone());
        let events = Events::new(&aws, EventConfig::at("bus", WEBHOOK_EVENTS));
        let bucket = || DocumentBucket::new(clients::s3(&aws), BUCKET);
        let observations = NonZeroU16::new(5);
        let app = |parts| {
            let app = App::new(bp.clone(), store.clone(), counter.clone(), RETENTION);
            App { parts, ..app }
        };
        let parts = || Parts {
            cursors: Some(Cursors::new(SecretText::new(
                aws_sdk_secretsmanager::Client::new(&aws),
                "made up".to_owned(),
            ))),
            writer_queue: Some(lazy_queues(aws.clone(), urls.clone())),
            import_queue: Some(lazy_queues(aws.clone(), urls.clone())),
            copies: Some(Copies {
                config: CopiesConfig {
                    bucket: BUCKET.to_owned(),
                    kept: MONTH,
                    give_up: MONTH,
                    link: Duration::from_secs(300),
                },
                bucket: lazy_bucket(aws.clone(), BUCKET.to_owned()),
            }),
            uploads: Some(Uploads {
                config: DocumentsConfig {
                    bucket: BUCKET.to_owned(),
                    kept: MONTH,
                    largest_bytes: 25 << 20,
                    upload: Duration::from_secs(900),
                },
                bucket: lazy_bucket(aws.clone(), BUCKET.to_owned()),
            }),
            observations_per_code: observations,
        };
        let built = "the routes have all their parts";
        let routers = Routers {
            practice: routes::practice(app(parts())).expect(built),
            patients: routes::patients(app(parts())).expect(built),
            clinical: routes::clinical(app(parts())).expect(built),
            attachments: routes::attachments(app(parts())).expect(built),
            correspondence: routes::correspondence(app(parts())).expect(built),
            appointments: routes::appointments(app(parts())).expect(built),
        };
        let summaries = Summaries {
            bp: bp.clone(),
            store: store.clone(),
            bucket: bucket(),
            audit_retention: RETENTION,
            observations_per_code: observations.expect("not zero"),
        };
        let messages = QueueAndBus { queues: queues.clone(), events: events.clone() };
        let clock = SetClock::default();
        let limits = Limits::new(&writer_config());
        let writer = Writer::new(store.clone(), messages, clock.clone(), halo, bp.clone(), limits)
            .with(Deliveries::new(pack.clone(), summaries))
            .with(Bookings::new(pack))
            .with_job(jobs::SiteHealth {
                store: store.clone(),
                bp: bp.clone(),
                events: events.clone(),
                caps: Caps::default(),
            })
            .with_job(jobs::Checked {
                store: store.clone(),
                bp: bp.clone(),
                events: events.clone(),
                report_after: SignedDuration::from_hours(14 * 24),
            })
            .with_job(jobs::StaffSync { store: store.clone(), bp: bp.clone() })
            .with_job(jobs::Reconcile { store: store.clone(), bp: bp.clone() });
        let importer = Importer::new(
            bp,
            store.clone(),
            bucket(),
            queues.clone(),
            events.clone(),
            importer_config(),
        );
        let costs = Costs::default();
        Self {
            cloud,
            store,
            queues,
            clock,
            costs,
            writer,
            counter,
            importer,
            halo: halo_double,
            events,
            routers,
        }
    }

    /// Counts what this work of a function costs.
    pub(crate) async fn step<T>(
        &mut self,
        function: &str,
        invocations: f64,
        work: impl AsyncFnOnce(&mut Self) -> T,
    ) -> T {
        let (before, paused) = (self.moment(), self.clock.paused());
        let done = work(self).await;
        let after = self.moment();
        let since = |of: fn(&Moment) -> u64| (of(&after) - of(&before)) as f64;
        let spent = after.counts.spent - before.counts.spent;
        // A thread that has ended meanwhile is no longer counted.
        let computed = after.computed.saturating_sub(before.computed).saturating_sub(spent);
        let cost = Cost {
            invocations,
            own_ms: computed.as_secs_f64() * 1000.0,
            pause_ms: self.clock.paused() - paused,
            halo_queries: since(|it| it.asked.queries),
            halo_calls: since(|it| it.asked.calls),
            halo_bytes: since(|it| it.asked.bytes),
            table_calls: since(|it| it.units.calls),
            read_units: since(|it| it.units.half_reads) / 2.0,
            write_units: since(|it| it.units.writes),
            due_units: since(|it| it.units.due_writes),
            messages: since(|it| it.counts.messages),
            queue_calls: since(|it| it.counts.queue_calls),
            events: since(|it| it.counts.events),
            bucket_calls: since(|it| it.counts.bucket_calls),
        };
        self.costs.add(function, cost);
        done
    }

    fn moment(&self) -> Moment {
        Moment {
            asked: self.halo.asked(),
            counts: self.cloud.counts(),
            units: self.cloud.table.units(),
            computed: time_computed(),
        }
    }

    /// A request of the practice's doctor, or of its platform's server.
    pub(crate) async fn call(
        &mut self,
        group: Group,
        practice: &PracticeId,
        (method, path): (Method, String),
        body: Option<Value>,
    ) -> Value {
        let router = match group {
            Group::Practice => &self.routers.practice,
            Group::Patients => &self.routers.patients,
            Group::Clinical => &self.routers.clinical,
            Group::Attachments => &self.routers.attachments,
            Group::Correspondence => &self.routers.correspondence,
            Group::Appointments => &self.routers.appointments,
        }
        .clone();
        let is_platforms = path.starts_with("/correspondence/") || path.starts_with("/bookings/");
        let caller = if is_platforms { platform() } else { doctor(practice) };
        let url = format!("/v1/practices/{practice}{path}");
        let request = Request::builder().method(method).uri(url).extension(caller);
        let request = match body {
            Some(body) => request
                .header("content-type", "application/json")
                .body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        let request = request.expect("a valid request");
        self.step(group.function(), 1.0, async |_| {
            let answer = router.oneshot(request).await.expect("an answer");
            let status = answer.status();
            let bytes = to_bytes(answer.into_body(), 8 << 20).await.expect("a body");
            assert!(status.is_success(), "{path}: {status} {}", String::from_utf8_lossy(&bytes));
            serde_json::from_slice(&bytes).expect("the answer is JSON")
        })
        .await
    }

    /// Hands out events to webhook endpoints. No platform has any here.
    pub(crate) async fn hand_out(&mut self, events: Vec<EventMessage>) {
        self.step("webhook-sender", 1.0, async |world| {
            let messages =
                QueuesAndBus { queues: world.queues.clone(), events: world.events.clone() };
            let readers = vec![Reader::PracticesAdmin, Reader::Correspondence, Reader::Bookings];
            let platforms = Platforms([(PlatformId::home(), readers)].into());
            let kept =
                fan_out(&world.store, &messages, &events, &platforms, Timestamp::now()).await;
            assert!(kept.iter().all(|kept| *kept), "an event is lost");
        })
        .await;
    }
}

fn doctor(practice: &PracticeId) -> Caller {
    Caller::Person {
        subject: Subject(ACCOUNT.to_owned()),
        practice: practice.clone(),
        roles: vec![Role::Clinician],
    }
}

fn platform() -> Caller {
    Caller::Platform {
        subject: Subject("a-platform".to_owned()),
        platform: PlatformId::home(),
        scopes: vec![Scope::CorrespondenceWrite, Scope::BookingsWrite],
    }
}

/// As in template.yaml.
fn writer_config() -> BpWriterConfig {
    BpWriterConfig {
        bucket: BUCKET.to_owned(),
        turn: TURN,
        queue: Duration::from_secs(60),
        execution: Duration::from_secs(300),
        margin: Duration::from_secs(10),
        look: Duration::from_secs(30),
        unchecked: Duration::from_hours(14 * 24),
    }
}

/// The defaults of `config`.
fn importer_config() -> ImporterConfig {
    ImporterConfig {
        bucket: BUCKET.to_owned(),
        inline_bytes: 1_048_576,
        lease: Duration::from_secs(120),
        slow_poll: Duration::from_secs(30),
        offline_retry: Duration::from_secs(120),
        give_up: Duration::from_hours(24),
    }
}

/// The processor time of this process, all threads. Zero where the system does not tell.
fn time_computed() -> Duration {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else { return Duration::ZERO };
    let nanos = threads.flatten().filter_map(|thread| {
        let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanos.sum())
}
