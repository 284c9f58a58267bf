//! What answers say of how we stand with a practice.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use best_practice::{BpClient, BpError, StatementPack};
use connection::{Connections, Session, SessionError};
use domain::connection::{Availability, Connection, Site, Standing};
use domain::ids::{HaloGuid, PracticeId, SiteId};
use halo::{Deadline, Error, FixedKeys, Forbidden, HaloClient, Keys};
use jiff::Timestamp;
use secrecy::SecretString;
use store::StoreError;

/// Remembers what it was told to keep.
#[derive(Default)]
struct Table(Mutex<Vec<(Site, Standing)>>);

impl Connections for Table {
    async fn connection(&self, _: &PracticeId) -> Result<Option<Connection>, StoreError> {
        Ok(None)
    }

    async fn refresh(
        &self,
        _: &PracticeId,
        _: &Connection,
        site: &Site,
        standing: Standing,
    ) -> Result<(), StoreError> {
        self.0.lock().unwrap().push((site.clone(), standing));
        Ok(())
    }
}

impl Table {
    fn kept(&self) -> Vec<Standing> {
        self.0.lock().unwrap().iter().map(|(_, standing)| *standing).collect()
    }
}

/// A practice and a Halo that nobody reaches: the questions here bring their answers along.
struct Bench {
    bp: BpClient,
    table: Table,
    practice: PracticeId,
    connection: Connection,
}

impl Bench {
    fn new(standing: Standing) -> Self {
        let keys = Keys { primary: SecretString::from("made up"), secondary: None };
        let halo = HaloClient::new(
            aws::clients::http().unwrap(),
            "http://halo.invalid".parse().unwrap(),
            Arc::new(FixedKeys(keys)),
        );
        let site = Site {
            halo_guid: HaloGuid(uuid::Uuid::from_u128(7)),
            practice_name: Some("Bluegum Hollow Family Practice".to_owned()),
            pms_version: None,
            halo_link_version: None,
            last_heartbeat: None,
            clock_ahead_seconds: None,
            availability: Availability::Online,
        };
        Self {
            bp: BpClient::new(halo, StatementPack::load(None).unwrap()),
            table: Table::default(),
            practice: PracticeId::parse("bluegum-hollow").unwrap(),
            connection: Connection {
                site_id: SiteId::parse("70999").unwrap(),
                site,
                standing,
                paired_at: Timestamp::UNIX_EPOCH,
                generation: 0,
                edition: 0,
            },
        }
    }

    async fn ask(&mut self, answer: Result<(), BpError>) -> Result<(), SessionError> {
        let session = Session::new(&self.bp, &self.table);
        let deadline = Deadline::after(Duration::from_secs(1));
        let question = |_| std::future::ready(answer.clone());
        session.ask(&self.practice, &mut self.connection, deadline, question).await
    }

    async fn ask_halo(&mut self, answer: Result<(), BpError>) -> Result<(), SessionError> {
        let session = Session::new(&self.bp, &self.table);
        let deadline = Deadline::after(Duration::from_secs(1));
        let question = |_| std::future::ready(answer.clone());
        session.ask_halo(&self.practice, &mut self.connection, deadline, question).await
    }
}

#[tokio::test]
async fn an_answer_of_bp_shows_that_it_lets_us_in_again() {
    let mut bench = Bench::new(Standing::Revoked);
    assert_eq!(bench.ask(Ok(())).await, Ok(()));
    assert_eq!(bench.connection.standing, Standing::Paired);
    assert_eq!(bench.table.kept(), [Standing::Paired]);
}

#[tokio::test]
async fn an_answer_of_halo_alone_does_not() {
    let mut bench = Bench::new(Standing::Revoked);
    assert_eq!(bench.ask_halo(Ok(())).await, Ok(()));
    assert_eq!(bench.connection.standing, Standing::Revoked);
    assert_eq!(bench.table.kept(), []);
}

#[tokio::test]
async fn a_refused_login_is_noticed_whoever_tells_of_it_and_written_down_once() {
    for refused in [BpError::LoginRefused, BpError::Halo(Error::Forbidden(Forbidden::NotEnabled))] {
        let mut bench = Bench::new(Standing::Paired);
        let asked = SessionError::Asked(refused.clone());
        assert_eq!(bench.ask_halo(Err(refused.clone())).await, Err(asked.clone()));
        assert_eq!(bench.connection.standing, Standing::Revoked);
        assert_eq!(bench.ask(Err(refused)).await, Err(asked));
        assert_eq!(bench.table.kept(), [Standing::Revoked]);
    }
}

#[tokio::test]
async fn what_was_known_before_costs_no_write() {
    let mut bench = Bench::new(Standing::Paired);
    assert_eq!(bench.ask(Ok(())).await, Ok(()));
    let session = Session::new(&bench.bp, &bench.table);
    let site = bench.connection.site.clone();
    session.remember(&bench.practice, &mut bench.connection, site).await.unwrap();
    assert_eq!(bench.table.kept(), []);
}

#[tokio::test]
async fn what_halo_says_of_a_site_leaves_alone_how_we_stand() {
    let mut bench = Bench::new(Standing::Revoked);
    let session = Session::new(&bench.bp, &bench.table);
    let site = Site { availability: Availability::Offline, ..bench.connection.site.clone() };
    session.remember(&bench.practice, &mut bench.connection, site).await.unwrap();
    assert_eq!(bench.connection.site.availability, Availability::Offline);
    assert_eq!(bench.table.kept(), [Standing::Revoked]);
}
