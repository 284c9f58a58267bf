use reqwest::Method;
use serde_json::{Value, json};

use crate::TestStack;

/// Controls the simulator: the practices' Bp, and the faults at Halo.
#[derive(Debug)]
pub struct Bp<'a> {
    stack: &'a TestStack,
    http: reqwest::Client,
    control_url: String,
}

/// A call that Halo received, from the simulator's journal.
#[derive(Clone, Debug)]
pub struct Query {
    /// Halo's operation.
    pub operation: String,
    /// The statement's name in the statement pack, if the call sent a statement.
    pub statement: Option<String>,
    /// How it ended.
    pub outcome: String,
}

impl TestStack {
    /// Resets the simulator to its seeded state and returns the control of it. Fails the test if an earlier
    /// test of this stack has left a dead letter. Dropping the [`Bp`] fails the test if this test left one.
    pub async fn exclusive(&self) -> Bp<'_> {
        self.assert_no_dead_letters().await;
        self.forget_work().await;
        Bp::new(self, self.http.clone(), &self.file().simulator.control_url).await
    }
}

impl<'a> Bp<'a> {
    pub(crate) async fn new(
        stack: &'a TestStack,
        http: reqwest::Client,
        control_url: &str,
    ) -> Self {
        let control_url = control_url.trim_end_matches('/').to_owned();
        let bp = Self { stack, http, control_url };
        bp.reset().await;
        bp
    }

    /// Restores the seeded state: practices, faults and clock.
    pub async fn reset(&self) {
        self.control(Method::DELETE, "/faults", None).await;
        self.control(Method::POST, "/reset", None).await;
    }

    /// Generates a pairing code, as a person at the practice does in Bp.
    pub async fn pairing_code(&self, site_id: &str) -> String {
        let path = format!("/practices/{site_id}/pairing-codes");
        let answer = self.control(Method::POST, &path, None).await;
        answer["pairingCode"].as_str().expect("a pairing code").to_owned()
    }

    /// A practice's users, the patients to try and the practice's switches.
    pub async fn practice(&self, site_id: &str) -> Value {
        self.control(Method::GET, &format!("/practices/{site_id}"), None).await
    }

    /// Changes switches of a practice, such as `availability`.
    pub async fn set_practice(&self, site_id: &str, change: Value) {
        self.control(Method::PUT, &format!("/practices/{site_id}"), Some(change)).await;
    }

    /// Replaces all faults.
    pub async fn faults(&self, faults: Value) {
        self.control(Method::PUT, "/faults", Some(faults)).await;
    }

    /// Removes all faults.
    pub async fn no_faults(&self) {
        self.control(Method::DELETE, "/faults", None).await;
    }

    /// Moves the clock of Halo and the practices forward.
    pub async fn advance_clock(&self, seconds: u64) {
        let body = json!({ "seconds": seconds });
        self.control(Method::POST, "/clock/advance", Some(body)).await;
    }

    /// The current end of the journal, for [`Bp::queries_since`].
    pub async fn mark(&self) -> u64 {
        self.journal(u64::MAX >> 1).await["last"].as_u64().expect("the last call's number")
    }

    /// Every call that Halo has received since the mark.
    pub async fn queries_since(&self, mark: u64) -> Vec<Query> {
        let journal = self.journal(mark).await;
        let calls = journal["queries"].as_array().expect("a list of calls").clone();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        calls
            .iter()
            .map(|call| Query {
                operation: text(&call["operation"]).unwrap_or_default(),
                statement: text(&call["statement"]),
                outcome: text(&call["outcome"]).unwrap_or_default(),
            })
            .collect()
    }

    async fn journal(&self, since: u64) -> Value {
        self.control(Method::GET, &format!("/queries?since={since}"), None).await
    }

    /// Calls the control API, and fails the test if the call is refused.
    pub async fn control(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let mut request = self.http.request(method, format!("{}{path}", self.control_url));
        if let Some(body) = &body {
            request = request.json(body);
        }
        let answer = request.send().await.expect("the simulator's control answers");
        let status = answer.status();
        let text = answer.text().await.expect("the simulator's control answers with text");
        assert!(status.is_success(), "the simulator's control refused {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }
}

impl Drop for Bp<'_> {
    /// Fails a test that left a dead letter.
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        // A destructor cannot be async, and a test's runtime cannot be entered twice.
        let stack = self.stack;
        let looked = std::thread::scope(|scope| {
            let look = || {
                tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .expect("a runtime to look with")
                    .block_on(stack.assert_no_dead_letters());
            };
            scope.spawn(look).join()
        });
        if let Err(failure) = looked {
            std::panic::resume_unwind(failure);
        }
    }
}
