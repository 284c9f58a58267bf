//! Every fault of the simulator, met by the real client.

use std::sync::Arc;

use best_practice::{BpClient, StatementPack};
use connection::pairing::Pairing;
use connection::{Asker, NotPaired, SystemClock};
use domain::audit::AuditedAction;
use domain::connection::Connection;
use domain::ids::{PairingCode, PracticeId, SiteId, Subject};
use domain::pairing::LimitScope;
use domain::request::REQUEST_TIME;
use halo::{FixedKeys, HaloClient, Keys};
use halo_simulator::{Options, Running, Simulator, local_client};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use crate::pairing::world::World;

/// Effects that a pairing call can meet.
const EFFECTS: [&str; 15] = [
    "401",
    "403",
    "404",
    "429",
    "500",
    "502",
    "503",
    "504BeforeExecution",
    "504AfterExecution",
    "dropBefore",
    "dropAfter",
    "malformedBody",
    "wrongShape",
    "truncatedBody",
    "slow",
];

struct Bench {
    running: Running,
    http: reqwest::Client,
    bp: BpClient,
    world: World,
}

impl Bench {
    async fn new() -> Self {
        let running = Simulator::start(Options::default()).await.unwrap();
        let http = local_client().unwrap();
        let keys = Keys { primary: running.primary_key().to_owned().into(), secondary: None };
        let url = running.url().parse().unwrap();
        let halo = HaloClient::new(http.clone(), url, Arc::new(FixedKeys(keys)));
        let bp = BpClient::new(halo, StatementPack::load(None).unwrap());
        Self { running, http, bp, world: World::default() }
    }

    fn site_id(&self) -> SiteId {
        SiteId::parse(&self.running.practices()[0].site_id).unwrap()
    }

    async fn control(&self, method: Method, path: &str, body: Value) -> Value {
        let request = self.http.request(method, format!("{}{path}", self.running.control_url()));
        let request = if body.is_null() { request } else { request.json(&body) };
        let text = request.send().await.unwrap().error_for_status().unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    async fn code(&self) -> String {
        let path = format!("/practices/{}/pairing-codes", self.site_id());
        let issued = self.control(Method::POST, &path, Value::Null).await;
        issued["pairingCode"].as_str().unwrap().to_owned()
    }

    async fn pair(&self, practice: &str, code: &str) -> Result<Connection, NotPaired> {
        let asker = Asker {
            practice: PracticeId::parse(practice).unwrap(),
            subject: Subject(format!("somebody of {practice}")),
            scope: LimitScope::Person,
            is_administrator: false,
        };
        let known = self.world.kept().connections.get(&asker.practice).cloned();
        let code = PairingCode::parse(code).unwrap();
        let pairing = Pairing {
            records: &self.world,
            halo: &self.bp,
            trail: &self.world,
            clock: &SystemClock,
        };
        let until = Timestamp::now() + REQUEST_TIME;
        pairing.pair(&asker, &self.site_id(), &code, known.as_ref(), until).await
    }

    fn is_open(&self, practice: &str) -> bool {
        let practice = PracticeId::parse(practice).unwrap();
        self.world.kept().connections.get(&practice).is_some_and(Connection::is_open)
    }

    async fn disconnect(&self, practice: &str) {
        self.world.disconnect(&PracticeId::parse(practice).unwrap()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_code_lets_nobody_in_whatever_breaks_and_a_right_one_never_lets_in_another() {
    let bench = Bench::new().await;
    for effect in EFFECTS {
        // Halo lets us query the site, because the owner was paired with it and has left.
        bench.pair("owner", &bench.code().await).await.unwrap();
        bench.disconnect("owner").await;
        for practice in ["owner", "another"] {
            let fault = json!([{ "operation": "pairSite", "effect": effect, "times": 2 }]);
            bench.control(Method::PUT, "/faults", fault).await;
            for _ in 0..2 {
                let refused = bench.pair(practice, "WRONG7").await;
                assert!(refused.is_err() && !bench.is_open(practice), "{effect}: {refused:?}");
            }
            bench.control(Method::DELETE, "/faults", Value::Null).await;
            let refused = bench.pair(practice, "WRONG7").await;
            assert!(matches!(refused, Err(NotPaired::Refused(_))), "{effect}: {refused:?}");
        }
        // The owner's right code meets the fault; a stranger follows with a wrong one.
        let code = bench.code().await;
        let fault = json!([{ "operation": "pairSite", "effect": effect, "times": 1 }]);
        bench.control(Method::PUT, "/faults", fault).await;
        let first = bench.pair("owner", &code).await;
        bench.control(Method::DELETE, "/faults", Value::Null).await;
        assert!(bench.pair("another", "WRONG7").await.is_err() && !bench.is_open("another"));
        if first.is_err() {
            assert!(!bench.is_open("owner"), "{effect}");
            // If Halo never used the code, it still works. Otherwise a new one does.
            if bench.pair("owner", &code).await.is_err() {
                bench.pair("owner", &bench.code().await).await.unwrap();
            }
        }
        assert!(bench.is_open("owner"), "{effect}");
        bench.disconnect("owner").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_are_noted_and_stopped_before_halo_hears_of_them() {
    let bench = Bench::new().await;
    bench.world.kept().limited = true;
    let most = LimitScope::Practice.most();
    for _ in 0..most {
        assert!(matches!(bench.pair("guesser", "WRONG7").await, Err(NotPaired::Refused(_))));
    }
    let lines = bench.world.kept().lines.clone();
    assert_eq!(lines.len(), usize::try_from(most).unwrap());
    assert!(lines.iter().all(|line| line.action == AuditedAction::PairingFailed), "{lines:?}");
    // Even the right code must wait now.
    let code = bench.code().await;
    let stopped = bench.pair("guesser", &code).await;
    assert!(matches!(stopped, Err(NotPaired::TooMany { .. })), "{stopped:?}");
    bench.world.advance(16 * 60);
    bench.pair("another", &code).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_halo_may_answer_to_a_wrong_code_counts() {
    for effect in ["404", "502", "504AfterExecution", "403, not enabled"] {
        let bench = Bench::new().await;
        bench.world.kept().limited = true;
        if effect == "403, not enabled" {
            let path = format!("/practices/{}", bench.site_id());
            bench.control(Method::PUT, &path, json!({ "integrationEnabled": false })).await;
        } else {
            let fault = json!([{ "operation": "pairSite", "effect": effect, "times": 100 }]);
            bench.control(Method::PUT, "/faults", fault).await;
        }
        for _ in 0..LimitScope::Person.most() {
            let refused = bench.pair("guesser", "WRONG7").await;
            assert!(!matches!(refused, Err(NotPaired::TooMany { .. })), "{effect}");
        }
        let stopped = bench.pair("guesser", "WRONG7").await;
        assert!(matches!(stopped, Err(NotPaired::TooMany { .. })), "{effect}: {stopped:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_practice_cannot_help_is_not_counted() {
    let bench = Bench::new().await;
    bench.world.kept().limited = true;
    let fault = json!([{ "operation": "pairSite", "effect": "503", "times": 100 }]);
    bench.control(Method::PUT, "/faults", fault).await;
    let code = bench.code().await;
    for _ in 0..LimitScope::Person.most() + 2 {
        assert!(matches!(bench.pair("patient", &code).await, Err(NotPaired::Refused(_))));
    }
    bench.control(Method::DELETE, "/faults", Value::Null).await;
    bench.pair("patient", &code).await.unwrap();
}
