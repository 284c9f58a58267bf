//! A paired practice whose records a test may reword.

use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use best_practice::{
    BpClient, Found, PairingOutcome, StatementPack, Written, message_written, referral_written,
};
use domain::clinical::Identity;
use domain::clinician::{Clinician, ClinicianName, NotLinked, ProviderNumberPrefix, choose};
use domain::delivery::{
    Addressee, ClientId, Content, CorrelationToken, DescribedPatient, Message, MessageKind,
    MessagePatient, MessageSubject, MessageText, PatientName, Referral,
};
use domain::ids::{BpUserId, HaloGuid, PairingCode, PatientId, PracticeId, SiteId};
use domain::patient::{DateOfBirth, Demographics, PatientMatch};
use domain::surname::SurnameKey;
use halo::{Call, Command, Deadline, FixedKeys, HaloClient, Keys, Row};
use halo_simulator::{Options, Running, Simulator, local_client};
use jiff::civil::{Date, date};
use rusqlite::{Connection, ToSql};

pub(crate) struct Bench {
    running: Running,
    bp: BpClient,
    halo: HaloClient,
    pack: StatementPack,
    guid: HaloGuid,
    letters: std::cell::Cell<u32>,
}

pub(crate) fn ample() -> Deadline {
    Deadline::after(Duration::from_secs(120))
}

/// Everybody in these tests was born on this day.
pub(crate) const BORN: Date = date(1957, 3, 14);
/// The patient whose record is reworded.
pub(crate) const PATIENT: PatientId = PatientId(1);
/// The user whose record is reworded.
pub(crate) const DOCTOR: BpUserId = BpUserId(2);

impl Bench {
    pub(crate) async fn open() -> Self {
        let running = Simulator::start(Options::default()).await.expect("the simulator starts");
        let keys = Keys { primary: running.primary_key().to_owned().into(), secondary: None };
        let client = || {
            let keys = Arc::new(FixedKeys(keys.clone()));
            HaloClient::new(local_client().unwrap(), running.url().parse().unwrap(), keys)
        };
        let pack = StatementPack::load(None).unwrap();
        let bp = BpClient::new(client(), pack.clone());
        let site_id = running.practices()[0].site_id.clone();
        let url = format!("{}/practices/{site_id}/pairing-codes", running.control_url());
        let issued = local_client().unwrap().post(url).send().await.unwrap().bytes().await.unwrap();
        let issued: serde_json::Value = serde_json::from_slice(&issued).unwrap();
        let code = PairingCode::parse(issued["pairingCode"].as_str().unwrap()).unwrap();
        let paired = bp.pair(&SiteId::parse(&site_id).unwrap(), &code, ample()).await;
        let PairingOutcome::Paired(site) = paired else { panic!("not paired: {paired:?}") };
        let halo = client();
        Self { running, bp, halo, pack, guid: site.halo_guid, letters: 0.into() }
    }

    /// Changes columns of one row of Bp.
    pub(crate) fn change(&self, table: &str, row: (&str, i64), columns: &[(&str, &str)]) {
        let database = Connection::open(&self.running.practices()[0].database_file).unwrap();
        for (column, value) in columns {
            let sql = format!("UPDATE {table} SET {column} = ?1 WHERE {} = ?2", row.0);
            let values: [&dyn ToSql; 2] = [value, &row.1];
            assert!(database.execute(&sql, values).unwrap() > 0, "nothing changed: {sql}");
        }
    }

    /// Gives the patient a date of death, or none.
    pub(crate) fn died_on(&self, day: Option<&str>) {
        let database = Connection::open(&self.running.practices()[0].database_file).unwrap();
        let sql = "UPDATE PATIENTS SET DATEOFDEATH = ?1 WHERE INTERNALID = ?2";
        assert_eq!(database.execute(sql, (day, PATIENT.0)).unwrap(), 1);
    }

    /// Gives the patient another name.
    pub(crate) fn named(&self, first: &str, last: &str) {
        let names = [("FIRSTNAME", first), ("SURNAME", last)];
        self.change("PATIENTS", ("INTERNALID", PATIENT.0), &names);
    }

    /// The patient, if this last name finds them.
    pub(crate) async fn search(&self, typed: &str) -> Option<PatientMatch> {
        let born = DateOfBirth::parse(&BORN.to_string(), date(2026, 3, 2)).unwrap();
        let key = SurnameKey::parse(typed).unwrap_or_else(|why| panic!("{typed:?}: {why}"));
        let found = self.bp.search(self.guid, &key, born, ample()).await.unwrap();
        found.matches.into_iter().find(|person| person.patient_id == PATIENT)
    }

    pub(crate) async fn demographics(&self) -> Demographics {
        self.bp.demographics(self.guid, PATIENT, ample()).await.unwrap().unwrap()
    }

    /// The patient, as a document about them says who they are.
    pub(crate) async fn identity(&self) -> Identity {
        let observations = NonZeroU16::new(1).unwrap();
        let record = self.bp.identified_record(self.guid, PATIENT, &[], observations, ample());
        record.await.unwrap().unwrap().identity
    }

    /// The user that these names, typed into the form, lead to.
    pub(crate) async fn link(
        &self,
        first: &str,
        last: &str,
        prefix: Option<&str>,
    ) -> Result<Clinician, NotLinked> {
        let name = ClinicianName {
            first: ClinicianName::parse_first(first).unwrap(),
            last: ClinicianName::parse_last(last).unwrap(),
        };
        let users = self.bp.users_named(self.guid, &name, ample()).await.unwrap();
        let prefix = prefix.map(|digits| ProviderNumberPrefix::parse(digits).unwrap());
        choose(&users, &name, prefix.as_ref())
    }

    async fn ask(&self, command: &Command) -> Vec<Row> {
        let answer = self.halo.immediate(self.guid.0, command, Call::Read, ample()).await;
        answer.unwrap().sets.into_iter().next_back().unwrap_or_default()
    }

    fn token(&self) -> CorrelationToken {
        self.letters.set(self.letters.get() + 1);
        let id = ClientId::parse(&format!("m-{}", self.letters.get())).unwrap();
        CorrelationToken::of(&PracticeId::parse("ours").unwrap(), "message", id.as_str())
    }

    pub(crate) async fn message(&self, patient: MessagePatient, to: Addressee) -> Written {
        let message = Message {
            patient,
            addressee: to,
            fallback: None,
            sender_name: None,
            kind: MessageKind::Report,
            subject: MessageSubject::parse("Left knee").unwrap(),
            content: Content::Text(MessageText::parse("It’s mending.").unwrap()),
        };
        let command = self.pack.write_message(&self.token(), &message, b"x");
        message_written(&self.ask(&command).await).unwrap()
    }

    /// Whether a message about somebody with these names is filed under the patient.
    pub(crate) async fn is_filed(&self, last: &str, first: &str) -> bool {
        let described = DescribedPatient {
            last_name: DescribedPatient::parse_last_name(last)
                .unwrap_or_else(|why| panic!("{last:?}: {why}")),
            first_name: (!first.is_empty()).then(|| PatientName::parse(first).unwrap()),
            date_of_birth: BORN,
            medicare: None,
            ihi: None,
        };
        let written =
            self.message(MessagePatient::Described(described), Addressee::User(DOCTOR)).await;
        matches!(written, Written::There(Found { allocated: true, .. }))
    }

    pub(crate) async fn refer(&self, referral: &Referral) -> Written {
        let command = self.pack.write_referral(&self.token(), referral, b"%PDF-1.7");
        referral_written(&self.ask(&command).await).unwrap()
    }
}
