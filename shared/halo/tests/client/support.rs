//! A running simulator, our client of it, and what the simulator knows about both.

use std::sync::Arc;
use std::time::Duration;

use halo::{
    Call, Command, Deadline, Error, ExecutionMode, FixedKeys, HaloClient, KeySource, Keys, PmsName,
    QueryResult, Uuid,
};
use halo_simulator::{Options, Running, Simulator, local_client};
use reqwest::Method;
use serde_json::{Value, json};

/// Adds one letter for each time it runs.
pub(crate) const WRITE: &str = "UPDATE dbo.PATIENTS \
    SET PREFERREDNAME = RTRIM(PREFERREDNAME) + 'x' WHERE INTERNALID = 1";
const LETTERS: &str =
    "SELECT RTRIM(PREFERREDNAME) AS letters FROM dbo.PATIENTS WHERE INTERNALID = 1";

pub(crate) struct Bench {
    pub(crate) running: Running,
    pub(crate) client: HaloClient,
    http: reqwest::Client,
}

/// Longer than anything here takes.
pub(crate) fn ample() -> Deadline {
    Deadline::after(Duration::from_secs(30))
}

/// Made as the service makes its own client: pooled connections, no redirects.
pub(crate) fn http() -> reqwest::Client {
    local_client().unwrap()
}

pub(crate) fn fixed(primary: &str, secondary: Option<&str>) -> Arc<FixedKeys> {
    Arc::new(FixedKeys(Keys {
        primary: primary.to_owned().into(),
        secondary: secondary.map(|key| key.to_owned().into()),
    }))
}

pub(crate) fn client_of(url: &str, keys: Arc<dyn KeySource>) -> HaloClient {
    HaloClient::new(http(), url.parse().unwrap(), keys)
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::with(Options::default()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let running = Simulator::start(options).await.expect("the simulator starts");
        let keys = fixed(running.primary_key(), Some(running.secondary_key()));
        let client = client_of(running.url(), keys);
        Self { running, client, http: http() }
    }

    /// A paired practice where [`WRITE`] has not run yet.
    pub(crate) async fn paired() -> (Self, Uuid) {
        let bench = Self::new().await;
        let site = bench.pair().await;
        bench.forget_writes(site).await;
        (bench, site)
    }

    pub(crate) fn client_with(&self, keys: Arc<dyn KeySource>) -> HaloClient {
        client_of(self.running.url(), keys)
    }

    pub(crate) fn site_id(&self) -> &str {
        &self.running.practices()[0].site_id
    }

    pub(crate) async fn control(&self, method: Method, path: &str, body: Value) -> Value {
        let url = format!("{}{path}", self.running.control_url());
        let request = self.http.request(method, url);
        let request = if body.is_null() { request } else { request.json(&body) };
        let response = request.send().await.expect("the control API answers");
        assert!(response.status().is_success(), "{path}: {}", response.status());
        let bytes = response.bytes().await.unwrap();
        if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() }
    }

    pub(crate) async fn faults(&self, faults: Value) {
        self.control(Method::PUT, "/faults", faults).await;
    }

    pub(crate) async fn calm(&self) {
        self.control(Method::DELETE, "/faults", Value::Null).await;
    }

    pub(crate) async fn change(&self, body: Value) {
        self.control(Method::PUT, &format!("/practices/{}", self.site_id()), body).await;
    }

    pub(crate) async fn advance(&self, seconds: i64) {
        self.control(Method::POST, "/clock/advance", json!({ "seconds": seconds })).await;
    }

    pub(crate) async fn code(&self) -> String {
        let path = format!("/practices/{}/pairing-codes", self.site_id());
        let issued = self.control(Method::POST, &path, Value::Null).await;
        issued["pairingCode"].as_str().expect("a code").to_owned()
    }

    pub(crate) async fn pair(&self) -> Uuid {
        let code = self.code().await;
        let pms = PmsName::BestPractice;
        let paired = self.client.pair_site(pms, self.site_id(), Some(&code), ample()).await;
        paired.expect("pairs").id
    }

    /// The number of the latest call.
    pub(crate) async fn mark(&self) -> u64 {
        let journal = self.control(Method::GET, "/queries?since=0", Value::Null).await;
        journal["last"].as_u64().expect("a number")
    }

    /// The calls of an operation after a mark.
    pub(crate) async fn calls(&self, operation: &str, mark: u64) -> usize {
        let path = format!("/queries?since={mark}");
        let journal = self.control(Method::GET, &path, Value::Null).await;
        let calls = journal["queries"].as_array().expect("a list of calls");
        calls.iter().filter(|call| call["operation"] == operation).count()
    }

    pub(crate) async fn select(&self, site: Uuid, text: &str) -> QueryResult {
        let command = Command::text(text);
        self.client.immediate(site, &command, Call::Read, ample()).await.expect("selects")
    }

    /// How often [`WRITE`] has run, according to the database.
    pub(crate) async fn writes(&self, site: Uuid) -> usize {
        let result = self.select(site, LETTERS).await;
        let letters = result.sets[0][0].text("letters").unwrap().unwrap_or_default();
        assert!(letters.chars().all(|letter| letter == 'x'), "something else wrote here");
        letters.len()
    }

    pub(crate) async fn forget_writes(&self, site: Uuid) {
        self.select(site, "UPDATE dbo.PATIENTS SET PREFERREDNAME = '' WHERE INTERNALID = 1").await;
    }

    /// Sends [`WRITE`].
    pub(crate) async fn write(&self, site: Uuid, deadline: Deadline) -> Result<QueryResult, Error> {
        let command = Command::text(WRITE).mode(ExecutionMode::NonQuery);
        self.client.immediate(site, &command, Call::Write, deadline).await
    }

    /// A patient that the simulator recommends: id, surname, date of birth.
    pub(crate) async fn someone(&self) -> (String, String, String) {
        let practices = self.control(Method::GET, "/practices", Value::Null).await;
        let patients = practices["practices"][0]["patients"].as_array().unwrap();
        let text = |patient: &Value, field: &str| patient[field].as_str().map(str::to_owned);
        patients
            .iter()
            .find_map(|patient| {
                let (surname, born) = (text(patient, "lastName")?, text(patient, "dateOfBirth")?);
                Some((patient["patientId"].to_string(), surname, born))
            })
            .expect("a patient to try")
    }
}

/// Waits for a condition, not for a time.
pub(crate) async fn eventually<T, F>(what: &str, mut condition: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let patience = Duration::from_secs(30);
    support::until(what, patience, async || condition().await.ok_or("not yet")).await
}
