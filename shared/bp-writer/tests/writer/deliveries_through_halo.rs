//! Referrals and messages through Halo, against the simulator's practice.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use aws_double::{Answer, Aws};
use best_practice::{
    AskedMessage, BpClient, Fate, Found, StatementPack, Written, delivery_found, referral_written,
};
use bp_writer::deliveries::{Deliveries, Summaries};
use bp_writer::{Kind as _, Verdict};
use document_bucket::DocumentBucket;
use domain::Sha256;
use domain::delivery::{
    Acknowledged, Addressee, AnnouncedDocument, Chosen, ChosenPatient, ClientId, Content,
    CorrelationToken, Delivery, DeliveryId, DeliveryState, DescribedPatient, DocumentType, Letter,
    Message, MessageKind, MessagePatient, MessageSubject, MessageText, RecipientName, Referral,
    ReferralSubject, SenderName, StoredDocument,
};
use domain::ids::{BpUserId, HaloGuid, PatientId, PracticeId, SiteId, Subject};
use halo::{Call, Command, Deadline, FixedKeys, HaloClient, Keys, PmsName, Row};
use halo_simulator::{Options, Running, Simulator, local_client};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use store::Store;

struct Bench {
    running: Running,
    http: reqwest::Client,
    halo: HaloClient,
    pack: StatementPack,
    site: HaloGuid,
}

fn ample() -> Deadline {
    Deadline::after(Duration::from_secs(120))
}

impl Bench {
    async fn new() -> Self {
        let running = Simulator::start(Options::default()).await.unwrap();
        let keys = FixedKeys(Keys {
            primary: running.primary_key().to_owned().into(),
            secondary: Some(running.secondary_key().to_owned().into()),
        });
        let http = local_client().unwrap();
        let halo = HaloClient::new(http.clone(), running.url().parse().unwrap(), Arc::new(keys));
        let mut bench = Self {
            running,
            http,
            halo,
            pack: StatementPack::load(None).unwrap(),
            site: HaloGuid(halo::Uuid::nil()),
        };
        let site_id = bench.site_id();
        let issued =
            bench.control(&format!("/practices/{site_id}/pairing-codes"), &Value::Null).await;
        let code = issued["pairingCode"].as_str().unwrap();
        let paired =
            bench.halo.pair_site(PmsName::BestPractice, &site_id, Some(code), ample()).await;
        bench.site = HaloGuid(paired.unwrap().id);
        bench
    }

    fn site_id(&self) -> String {
        self.running.practices()[0].site_id.clone()
    }

    async fn control(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.running.control_url());
        let mut request = self.http.post(url);
        if !body.is_null() {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap()
    }

    async fn ask(&self, command: &Command) -> Vec<Row> {
        let answer = self.halo.immediate(self.site.0, command, Call::Write, ample()).await.unwrap();
        answer.sets.into_iter().next_back().unwrap_or_default()
    }

    async fn select(&self, text: &str) -> Vec<Row> {
        self.ask(&Command::text(text)).await
    }

    fn kind(&self) -> Deliveries {
        let aws = Aws::answering(|_| Answer::nothing()).config();
        let summaries = Summaries {
            bp: BpClient::new(self.halo.clone(), self.pack.clone()),
            store: Store::new(aws_sdk_dynamodb::Client::new(&aws), "table"),
            bucket: DocumentBucket::new(aws_sdk_s3::Client::new(&aws), "made-up"),
            audit_retention: SignedDuration::from_hours(1),
            observations_per_code: NonZeroU16::new(5).unwrap(),
        };
        Deliveries::new(self.pack.clone(), summaries)
    }
}

fn practice() -> PracticeId {
    PracticeId::parse("ours").unwrap()
}

fn letter(bytes: &[u8]) -> Referral {
    Referral {
        patient: PatientId(1),
        document: StoredDocument {
            announced: AnnouncedDocument {
                document_id: ClientId::parse("d-1").unwrap(),
                content_type: DocumentType::Pdf,
                bytes: bytes.len() as u64,
                sha256: Sha256::of(bytes),
            },
            key: "documents/made-up".to_owned(),
            announced_at: Timestamp::UNIX_EPOCH,
        },
        subject: ReferralSubject::parse("Referral – “left knee”").unwrap(),
        recipient: RecipientName::parse("Dr O’Leary").unwrap(),
        date: None,
        sender: None,
        chosen: Chosen::NumberOnly,
        acknowledged: Vec::new(),
        summary: false,
    }
}

fn message(id: &str, patient: MessagePatient) -> Delivery {
    let letter = Letter::Message(Message {
        patient,
        addressee: Addressee::parse_ahpra("MED9990000001").unwrap(),
        fallback: None,
        sender_name: Some(SenderName::parse("Harbour Orthopaedics").unwrap()),
        kind: MessageKind::Report,
        subject: MessageSubject::parse("Left knee").unwrap(),
        content: Content::Text(MessageText::parse("It’s mending.").unwrap()),
    });
    let id = DeliveryId::of_message(&ClientId::parse(id).unwrap());
    Delivery::accept(
        &practice(),
        SiteId::parse("71001").unwrap().into(),
        id,
        letter,
        Subject("x".to_owned()),
        Timestamp::UNIX_EPOCH,
    )
}

#[tokio::test]
async fn a_letter_sent_twice_is_there_once_and_is_found() {
    let bench = Bench::new().await;
    let token = CorrelationToken::of(&practice(), "referral", "r-1");
    let bytes = b"%PDF-1.7 made up";
    let look = bench.pack.delivery_lookup(&token);
    assert_eq!(delivery_found(&bench.ask(&look).await), Ok(None));
    let write = bench.pack.write_referral(&token, &letter(bytes), bytes);
    let first = referral_written(&bench.ask(&write).await).unwrap();
    let Written::There(Found { record, .. }) = first else { panic!("{first:?}") };
    assert_eq!(referral_written(&bench.ask(&write).await), Ok(first));
    assert_eq!(
        delivery_found(&bench.ask(&look).await),
        Ok(Some(Found { record, allocated: true, addressed: None }))
    );
    let rows = bench
        .select(&format!(
            "SELECT RTRIM(SUBJECT) AS Subject FROM dbo.CORRESPONDENCEOUT WHERE USERREFERENCE = '{token}'"
        ))
        .await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].text("Subject").unwrap().unwrap(), "Referral – “left knee”");
}

#[tokio::test]
async fn a_letter_reaches_whom_its_sender_chose_or_nobody() {
    let bench = Bench::new().await;
    let bytes = b"%PDF-1.7 made up";
    let send = async |id: &str, referral: &Referral| {
        let token = CorrelationToken::of(&practice(), "referral", id);
        let write = bench.pack.write_referral(&token, referral, bytes);
        referral_written(&bench.ask(&write).await).unwrap()
    };
    let chosen = |last_name: &str| {
        Chosen::Patient(ChosenPatient {
            surname: ChosenPatient::parse_last_name(last_name).unwrap(),
            date_of_birth: "1957-03-14".parse().unwrap(),
        })
    };
    let right = Referral { chosen: chosen("wattle-ford"), ..letter(bytes) };
    assert!(matches!(send("right", &right).await, Written::There(_)));
    let wrong = Referral { chosen: chosen("Somebody"), ..letter(bytes) };
    assert_eq!(send("wrong", &wrong).await, Written::PatientChanged);

    bench.select("UPDATE dbo.PATIENTS SET PATIENTSTATUS = 3 WHERE INTERNALID = 1").await;
    assert_eq!(send("died", &right).await, Written::PatientDeceased);
    let known = Referral { acknowledged: vec![Acknowledged::Deceased], ..right };
    assert!(matches!(send("known", &known).await, Written::There(_)));
}

#[tokio::test]
async fn a_letter_of_twenty_megabytes_fits_one_request() {
    let bench = Bench::new().await;
    let token = CorrelationToken::of(&practice(), "referral", "large");
    let bytes: Vec<u8> = (0..20 * 1024 * 1024_u32).map(|at| (at % 253) as u8).collect();
    let write = bench.pack.write_referral(&token, &letter(&bytes), &bytes);
    let done = referral_written(&bench.ask(&write).await).unwrap();
    let Written::There(Found { record, .. }) = done else { panic!("{done:?}") };
    let rows = bench
        .select(&format!(
            "SELECT DATALENGTH(CONTENT) AS Bytes FROM BPSDocuments.dbo.DOCUMENTS \
             WHERE KIND = 'CORRESPONDENCEOUT' AND RECORDID = {record}"
        ))
        .await;
    assert_eq!(rows[0].int("Bytes"), Ok(20 * 1024 * 1024));
}

#[tokio::test]
async fn a_message_is_delivered_and_its_check_is_seen() {
    let bench = Bench::new().await;
    let kind = bench.kind();
    let now = Timestamp::UNIX_EPOCH;
    let described = MessagePatient::Described(DescribedPatient {
        last_name: DescribedPatient::parse_last_name("Farraday").unwrap(),
        first_name: None,
        date_of_birth: "2015-02-19".parse().unwrap(),
        medicare: None,
        ihi: None,
    });
    let mut known = message("m-1", MessagePatient::Known(PatientId(1)));
    let mut twins = message("m-2", described);
    for (delivery, allocated) in [(&mut known, true), (&mut twins, false)] {
        let command = kind.command(delivery, now).await.unwrap();
        let rows = bench.ask(&command).await;
        assert_eq!(kind.read(delivery, &rows, now), Ok(Verdict::Done));
        assert_eq!(delivery.state, DeliveryState::Delivered);
        assert_eq!(delivery.allocated, Some(allocated));
        let mut again = message("again", MessagePatient::Known(PatientId(1)));
        let found = bench.ask(&kind.lookup(delivery)).await;
        assert_eq!(kind.read_lookup(&mut again, &found, now), Ok(Some(Verdict::Done)));
        assert_eq!(again.bp_record_id, delivery.bp_record_id);
    }

    let bp = BpClient::new(bench.halo.clone(), bench.pack.clone());
    let asked = [&known, &twins].map(|delivery| AskedMessage {
        token: delivery.token.clone(),
        record: delivery.bp_record_id,
        patient: delivery.patient(),
    });
    let fates = async || bp.fates_of_messages(bench.site, &asked, ample()).await.unwrap();
    let unchecked = Fate::Unchecked { owner: BpUserId(1), patient: Some(PatientId(1)) };
    assert_eq!(fates().await[known.token.as_str()], unchecked);
    let (site_id, item) = (bench.site_id(), known.bp_record_id.unwrap());
    let path = format!("/practices/{site_id}/inbox/{item}/check");
    let body = json!({ "userId": 1, "notation": 2, "action": 7 });
    let filed = bench.control(&path, &body).await["documentId"].as_i64().unwrap();
    let Fate::Checked { record, check, patient } = &fates().await[known.token.as_str()] else {
        panic!("it is checked")
    };
    assert_eq!((*record, *patient), (filed, Some(PatientId(1))));
    assert_eq!(check.notation.as_deref(), Some("Abnormal"));
    assert_eq!(check.action.as_deref(), Some("Urgent appointment"));
    assert!(check.checked_on.is_some());
    // The other message is moved to another inbox, then deleted: as Bp does it, or permanently.
    let other = twins.bp_record_id.unwrap();
    for (change, fate) in [
        (
            "UPDATE dbo.INCOMINGREPORTS SET USERID = 3",
            Fate::Unchecked { owner: BpUserId(3), patient: None },
        ),
        ("UPDATE dbo.INCOMINGREPORTS SET RECORDSTATUS = 2", Fate::Missing),
        (
            "UPDATE dbo.INCOMINGREPORTS SET RECORDSTATUS = 1",
            Fate::Unchecked { owner: BpUserId(3), patient: None },
        ),
        ("DELETE FROM dbo.INCOMINGREPORTS", Fate::Missing),
    ] {
        bench.ask(&Command::text(format!("{change} WHERE REPORTID = {other}"))).await;
        assert_eq!(fates().await[twins.token.as_str()], fate, "{change}");
    }

    // A message is filed under another patient, first in the inbox and then in the record.
    let mut moved = message("m-3", MessagePatient::Known(PatientId(1)));
    let rows = bench.ask(&kind.command(&mut moved, now).await.unwrap()).await;
    assert_eq!(kind.read(&mut moved, &rows, now), Ok(Verdict::Done));
    let item = moved.bp_record_id.unwrap();
    let refile = format!("UPDATE dbo.INCOMINGREPORTS SET INTERNALID = 2 WHERE REPORTID = {item}");
    bench.ask(&Command::text(refile)).await;
    let fate = async |patient| {
        let (token, record) = (moved.token.clone(), moved.bp_record_id);
        let asked = [AskedMessage { token, record, patient }];
        let fates = bp.fates_of_messages(bench.site, &asked, ample()).await.unwrap();
        fates[moved.token.as_str()].clone()
    };
    let other = Some(PatientId(2));
    assert_eq!(fate(moved.patient()).await, Fate::Unchecked { owner: BpUserId(1), patient: other });
    let path = format!("/practices/{site_id}/inbox/{item}/check");
    let filed = bench.control(&path, &body).await["documentId"].as_i64().unwrap();
    for patient in [moved.patient(), other] {
        let Fate::Checked { record, patient, .. } = fate(patient).await else {
            panic!("it is checked")
        };
        assert_eq!((record, patient), (filed, other));
    }
}
