//! Staff file what they find under another patient while its answer is lost. It is in Bp once, where they put it.

use domain::delivery::{
    Addressee, Content, DescribedPatient, Message, MessageKind, MessagePatient, MessageSubject,
    MessageText, NumberedPatient, PatientName,
};
use domain::ids::BpUserId;

use super::*;

/// Whom staff think that a letter is about. The letter itself is about patient 1.
const OTHER: i64 = 2;
/// The tables that a letter or a message can be in, with their keys.
const PLACES: [(&str, &str); 3] = [
    ("CORRESPONDENCEOUT", "RECORDID"),
    ("INCOMINGREPORTS", "REPORTID"),
    ("CORRESPONDENCEIN", "DOCUMENTID"),
];

/// What staff do with it.
#[derive(Clone, Copy, Debug)]
enum Move {
    /// They file it under another patient, where it is.
    Under,
    /// They file it under another patient, and check it: Bp moves a message to Correspondence In.
    Checked,
}

fn wattleford() -> DescribedPatient {
    DescribedPatient {
        last_name: DescribedPatient::parse_last_name("Wattleford").unwrap(),
        first_name: Some(PatientName::parse("Marguerite").unwrap()),
        date_of_birth: "1957-03-14".parse().unwrap(),
        medicare: None,
        ihi: None,
    }
}

/// Patient 1, in each way that a message can name a patient.
fn patients() -> [MessagePatient; 3] {
    let DescribedPatient { last_name, date_of_birth, .. } = wattleford();
    [
        MessagePatient::Known(PatientId(1)),
        MessagePatient::Numbered(NumberedPatient { id: PatientId(1), last_name, date_of_birth }),
        MessagePatient::Described(wattleford()),
    ]
}

impl Scene {
    /// Accepts a message about this patient.
    fn accept_message(&self, id: &str, patient: MessagePatient) -> WorkKey {
        let (practice, now) = (&self.bench.practice, self.bench.now());
        let letter = Letter::Message(Message {
            patient,
            addressee: Addressee::User(BpUserId(1)),
            fallback: None,
            sender_name: None,
            kind: MessageKind::Report,
            subject: MessageSubject::parse("Left knee").unwrap(),
            content: Content::Text(MessageText::parse("It’s mending.").unwrap()),
        });
        let site = SiteId::parse("71001").unwrap().into();
        let id = DeliveryId::of_message(&ClientId::parse(id).unwrap());
        let subject = Subject("platform".to_owned());
        let message = entry(Delivery::accept(practice, site, id, letter, subject, now));
        self.bench.memory.accept(practice, &message);
        message.key
    }

    fn bp_database(&self) -> rusqlite::Connection {
        let practice = &self.bench.running.practices()[0];
        let database = rusqlite::Connection::open(&practice.database_file).unwrap();
        // The simulator writes at the same time.
        database.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
        database
    }

    /// What staff do with the letter or message, if Bp has it already. Returns whether it has.
    fn moved(&self, key: &WorkKey, how: Move) -> bool {
        let (database, token) = (self.bp_database(), self.delivery(key).token);
        let refiled = PLACES.iter().map(|(table, _)| {
            let sql = format!("UPDATE {table} SET INTERNALID = {OTHER} WHERE USERREFERENCE = ?1");
            database.execute(&sql, [token.as_str()]).unwrap()
        });
        let moved = refiled.sum::<usize>() > 0;
        if let Move::Checked = how {
            let filed = database.execute(
                "INSERT INTO CORRESPONDENCEIN (RECORDSTATUS, STORED, ORIGIN, INTERNALID, USERID, CONTACTID,
                 CONFIDENTIALFLAG, USERREFERENCE, CHECKEDBY, NOTATION, ACTION, ACTIONED, CLINICALIMAGE, CREATED,
                 CREATEDBY, STATUSCODE) SELECT 1, 2, 0, INTERNALID, USERID, 0, 0, USERREFERENCE, USERID, 1, 1, 0, 0,
                 CREATED, 0, 1 FROM INCOMINGREPORTS WHERE USERREFERENCE = ?1",
                [token.as_str()],
            );
            let gone = "DELETE FROM INCOMINGREPORTS WHERE USERREFERENCE = ?1";
            let gone = database.execute(gone, [token.as_str()]);
            assert_eq!(filed.unwrap(), gone.unwrap());
        }
        moved
    }

    /// The patients under whom Bp has it, with Bp's number of it.
    fn places(&self, key: &WorkKey) -> Vec<(i64, i64)> {
        let (database, token) = (self.bp_database(), self.delivery(key).token);
        let mut found = Vec::new();
        for (table, own) in PLACES {
            let sql = format!("SELECT INTERNALID, {own} FROM {table} WHERE USERREFERENCE = ?1");
            let mut rows = database.prepare(&sql).unwrap();
            let rows = rows.query_map([token.as_str()], |row| Ok((row.get(0)?, row.get(1)?)));
            found.extend(rows.unwrap().map(Result::unwrap));
        }
        found
    }

    /// Asserts that it is in Bp once, under the patient, and that the delivery knows its number.
    fn assert_there_once(&self, key: &WorkKey, patient: i64, story: &str) {
        let delivery = self.delivery(key);
        assert_eq!(delivery.state, DeliveryState::Delivered, "{story}: {delivery:?}");
        let places = self.places(key);
        assert_eq!(places, [(patient, delivery.bp_record_id.unwrap())], "{story}");
    }
}

/// A letter, and a message about a patient named in each way.
fn accept_all(scene: &Scene, id: &str) -> Vec<WorkKey> {
    let messages = patients().into_iter().enumerate();
    let messages =
        messages.map(|(at, patient)| scene.accept_message(&format!("{id}-{at}"), patient));
    messages.chain([scene.accept(id, false).0]).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_that_staff_moved_after_a_lost_answer_is_not_written_again() {
    let scene = Scene::new().await;
    let mut moved_in_doubt = 0;
    for (at, effect) in ["504AfterExecution", "dropAfter"].into_iter().enumerate() {
        for how in [Move::Under, Move::Checked] {
            scene.bench.faults(&[fault("asyncQuery", effect, 4)]).await;
            let keys = accept_all(&scene, &format!("r-{at}-{how:?}"));
            scene.bench.turn().await;
            scene.bench.quiet().await;
            let mut expected = Vec::new();
            for key in &keys {
                let in_doubt = scene.bench.memory.entry(&scene.bench.practice, key).is_open();
                let moved = scene.moved(key, how);
                moved_in_doubt += u32::from(in_doubt && moved);
                expected.push(if moved { OTHER } else { 1 });
            }
            scene.bench.until_closed().await;
            for (key, patient) in keys.iter().zip(expected) {
                scene.assert_there_once(key, patient, &format!("{effect}, {how:?}: {key}"));
            }
            scene.bench.memory.advance(SignedDuration::from_mins(5));
        }
    }
    // On a busy machine a call may be cut off before Halo has the query.
    assert!(moved_in_doubt >= 8, "only {moved_in_doubt} of 16 were moved while in doubt");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_that_staff_moved_while_its_writer_died_is_not_written_again() {
    let scene = Scene::new().await;
    let (mut at, mut moves) = (1, 0);
    loop {
        let keys = accept_all(&scene, &format!("r-{at}"));
        let killed = killed_turn(&scene.bench, at).await;
        // A query that Halo has accepted runs without its writer.
        scene.bench.quiet().await;
        let there: Vec<bool> = keys.iter().map(|key| scene.moved(key, Move::Under)).collect();
        scene.bench.until_closed().await;
        for (key, moved) in keys.iter().zip(there) {
            let patient = if moved { OTHER } else { 1 };
            scene.assert_there_once(key, patient, &format!("{key}, killed at half step {at}"));
            moves += usize::from(moved);
        }
        scene.bench.memory.advance(SignedDuration::from_mins(5));
        if !killed {
            break;
        }
        at += 1;
    }
    assert!(at > 24 && moves > 24, "{at} half steps, {moves} moves");
}
