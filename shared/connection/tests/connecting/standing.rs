//! What answers imply for a practice's connection.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::future::ready;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use best_practice::{BpClient, BpError, StatementPack};
use connection::{Connections, Session, SessionError, Sessions};
use domain::connection::{Availability, Connection, Site, Standing};
use domain::ids::{HaloGuid, PracticeId, SiteId};
use halo::{Deadline, Error, FixedKeys, Forbidden, HaloClient, Keys, PmsName};
use halo_simulator::{Options, Running, Simulator, local_client};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};
use store::StoreError;

const SITE: &str = "71001";
const NAME: &str = "Bluegum Hollow Family Practice";

/// Stores what it was asked to store.
#[derive(Default)]
struct Table {
    connection: Option<Connection>,
    stored: Mutex<Vec<(Site, Standing)>>,
    is_in_conflict: bool,
}

impl Connections for Table {
    async fn connection(&self, _: &PracticeId) -> Result<Option<Connection>, StoreError> {
        Ok(self.connection.clone())
    }

    async fn refresh(
        &self,
        _: &PracticeId,
        _: &Connection,
        site: &Site,
        standing: Standing,
    ) -> Result<(), StoreError> {
        self.stored.lock().unwrap().push((site.clone(), standing));
        if self.is_in_conflict { Err(StoreError::Conflict) } else { Ok(()) }
    }
}

/// A connected practice. A question returns a fixed answer or asks the simulator.
struct Bench {
    bp: BpClient,
    table: Table,
    practice: PracticeId,
    connection: Connection,
}

impl Bench {
    /// With a Halo that cannot be reached.
    fn new(standing: Standing) -> Self {
        Self::at("http://halo.invalid", "made up", HaloGuid(uuid::Uuid::from_u128(7)), standing)
    }

    fn at(halo: &str, key: &str, halo_guid: HaloGuid, standing: Standing) -> Self {
        let keys = Keys { primary: SecretString::from(key), secondary: None };
        let http = aws::clients::http().unwrap();
        let halo = HaloClient::new(http, halo.parse().unwrap(), Arc::new(FixedKeys(keys)));
        let site = Site {
            halo_guid,
            practice_name: Some(NAME.to_owned()),
            pms_version: None,
            halo_link_version: None,
            last_heartbeat: None,
            clock_ahead_seconds: None,
            availability: Availability::Online,
        };
        let connection = Connection {
            site_id: SiteId::parse(SITE).unwrap(),
            site,
            standing,
            paired_at: Timestamp::UNIX_EPOCH,
            generation: 0,
            edition: 0,
        };
        Self {
            bp: BpClient::new(halo, StatementPack::load(None).unwrap()),
            table: Table { connection: Some(connection.clone()), ..Table::default() },
            practice: PracticeId::parse("bluegum-hollow").unwrap(),
            connection,
        }
    }

    fn sessions(&self) -> Sessions<&Table> {
        Sessions::new(self.bp.clone(), &self.table)
    }

    /// Runs an action in a session, and keeps the connection with which the session ends.
    async fn within<T>(&mut self, act: impl AsyncFnOnce(&mut Session<'_, &Table>) -> T) -> T {
        let sessions = Sessions::new(self.bp.clone(), &self.table);
        let mut session = sessions.resume(&self.practice, self.connection.clone(), ample());
        let done = act(&mut session).await;
        self.connection = session.into_connection();
        done
    }

    async fn ask(&mut self, answer: Result<(), BpError>) -> Result<(), SessionError> {
        self.within(async |session| session.ask(|_| ready(answer.clone())).await).await
    }

    async fn ask_halo(&mut self, answer: Result<(), BpError>) -> Result<(), SessionError> {
        self.within(async |session| session.ask_halo(|_| ready(answer.clone())).await).await
    }

    fn stored(&self) -> Vec<Standing> {
        self.table.stored.lock().unwrap().iter().map(|(_, standing)| *standing).collect()
    }
}

fn ample() -> Deadline {
    Deadline::after(Duration::from_secs(60))
}

#[tokio::test]
async fn an_answer_of_bp_shows_that_it_lets_us_in_again() {
    let mut bench = Bench::new(Standing::Revoked);
    assert_eq!(bench.ask(Ok(())).await, Ok(()));
    assert_eq!(bench.connection.standing, Standing::Paired);
    assert_eq!(bench.stored(), [Standing::Paired]);
}

#[tokio::test]
async fn an_answer_of_halo_alone_does_not() {
    let mut bench = Bench::new(Standing::Revoked);
    assert_eq!(bench.ask_halo(Ok(())).await, Ok(()));
    assert_eq!(bench.connection.standing, Standing::Revoked);
    assert_eq!(bench.stored(), []);
}

#[tokio::test]
async fn a_refused_login_is_noticed_whoever_tells_of_it_and_written_down_once() {
    for refused in [BpError::LoginRefused, BpError::Halo(Error::Forbidden(Forbidden::NotEnabled))] {
        let mut bench = Bench::new(Standing::Paired);
        let asked = SessionError::Asked(refused.clone());
        assert_eq!(bench.ask_halo(Err(refused.clone())).await, Err(asked.clone()));
        assert_eq!(bench.connection.standing, Standing::Revoked);
        assert_eq!(bench.ask(Err(refused)).await, Err(asked));
        assert_eq!(bench.stored(), [Standing::Revoked]);
    }
}

#[tokio::test]
async fn what_was_known_before_costs_no_write() {
    let mut bench = Bench::new(Standing::Paired);
    assert_eq!(bench.ask(Ok(())).await, Ok(()));
    let site = bench.connection.site.clone();
    bench.within(async |session| session.refresh(site).await).await.unwrap();
    assert_eq!(bench.stored(), []);
}

#[tokio::test]
async fn what_halo_says_of_a_site_leaves_alone_how_we_stand() {
    let mut bench = Bench::new(Standing::Revoked);
    let site = Site { availability: Availability::Offline, ..bench.connection.site.clone() };
    bench.within(async |session| session.refresh(site).await).await.unwrap();
    assert_eq!(bench.connection.site.availability, Availability::Offline);
    assert_eq!(bench.stored(), [Standing::Revoked]);
}

#[tokio::test]
async fn a_practice_that_was_disconnected_is_not_asked() {
    let mut bench = Bench::new(Standing::Disconnected);
    bench.table.connection = Some(bench.connection.clone());
    let opened = bench.sessions().open(&bench.practice, ample()).await.map(|_| ());
    assert_eq!(opened, Err(SessionError::NotConnected));
    bench.table.connection = None;
    let opened = bench.sessions().open(&bench.practice, ample()).await.map(|_| ());
    assert_eq!(opened, Err(SessionError::NotConnected));
}

/// A simulated Halo with a practice that is paired.
struct Halo {
    running: Running,
    guid: HaloGuid,
}

impl Halo {
    async fn start() -> Self {
        let running = Simulator::start(Options::default()).await.unwrap();
        let halo = Self { running, guid: HaloGuid(uuid::Uuid::nil()) };
        let issued = halo.control(reqwest::Method::POST, "/pairing-codes", None).await;
        let code = issued["pairingCode"].as_str().unwrap();
        let keys = Keys { primary: halo.running.primary_key().to_owned().into(), secondary: None };
        let url = halo.running.url().parse().unwrap();
        let client = HaloClient::new(local_client().unwrap(), url, Arc::new(FixedKeys(keys)));
        let paired = client.pair_site(PmsName::BestPractice, SITE, Some(code), ample()).await;
        Self { guid: HaloGuid(paired.unwrap().id), ..halo }
    }

    /// Changes the practice as the control API lets us.
    async fn change(&self, change: Value) {
        self.control(reqwest::Method::PUT, "", Some(change)).await;
    }

    async fn control(&self, method: reqwest::Method, path: &str, body: Option<Value>) -> Value {
        let url = format!("{}/practices/{SITE}{path}", self.running.control_url());
        let call = local_client().unwrap().request(method, url);
        let call = if let Some(body) = body { call.json(&body) } else { call };
        call.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    }

    fn bench(&self) -> Bench {
        let (url, key) = (self.running.url(), self.running.primary_key());
        Bench::at(url, key, self.guid, Standing::Paired)
    }
}

/// Asks for the site's status in a session. Returns the GUIDs that were asked for.
async fn ask_for_site(bench: &mut Bench) -> (Result<Site, SessionError>, Vec<HaloGuid>) {
    let bp = bench.bp.clone();
    let asked = Mutex::new(Vec::new());
    let question = |guid| {
        asked.lock().unwrap().push(guid);
        bp.site(guid, ample())
    };
    let answer = bench.within(async |session| session.ask(question).await).await;
    (answer, asked.into_inner().unwrap())
}

#[tokio::test]
async fn a_changed_guid_of_the_same_practice_is_followed_and_the_question_asked_again() {
    for is_in_conflict in [false, true] {
        let halo = Halo::start().await;
        let mut bench = halo.bench();
        bench.table.is_in_conflict = is_in_conflict;
        halo.change(json!({ "name": NAME, "rotationKeepsPairing": true, "rotateGuid": true }))
            .await;
        let (answer, asked) = ask_for_site(&mut bench).await;
        let new = answer.unwrap().halo_guid;
        assert_ne!(new, halo.guid);
        assert_eq!(asked, [halo.guid, new]);
        assert_eq!(bench.connection.site.halo_guid, new);
        let stored = bench.table.stored.lock().unwrap();
        assert_eq!(stored.len(), 1, "one write");
        assert_eq!((stored[0].0.halo_guid, stored[0].1), (new, Standing::Paired));
    }
}

#[tokio::test]
async fn a_guid_of_another_practice_is_never_followed() {
    let halo = Halo::start().await;
    let mut bench = halo.bench();
    let other = "Somebody Else's Clinic";
    halo.change(json!({ "name": other, "rotationKeepsPairing": true, "rotateGuid": true })).await;
    let (answer, asked) = ask_for_site(&mut bench).await;
    assert_eq!(answer, Err(SessionError::PracticeChanged));
    assert_eq!(asked, [halo.guid]);
    assert_eq!(bench.connection.site.halo_guid, halo.guid);
    assert_eq!(bench.stored(), []);
}

#[tokio::test]
async fn a_new_guid_that_does_not_let_us_in_leaves_the_connection_revoked() {
    let halo = Halo::start().await;
    let mut bench = halo.bench();
    halo.change(json!({ "name": NAME, "rotationKeepsPairing": false, "rotateGuid": true })).await;
    let (answer, asked) = ask_for_site(&mut bench).await;
    assert_eq!(answer, Err(SessionError::Asked(BpError::Halo(Error::Forbidden(Forbidden::Site)))));
    assert_eq!(asked.len(), 2);
    assert_eq!(bench.connection.standing, Standing::Revoked);
    assert_eq!(bench.stored(), [Standing::Paired, Standing::Revoked]);
}
