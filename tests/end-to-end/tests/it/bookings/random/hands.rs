//! What people at a practice do in Bp to our appointments.

use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rusqlite::types::Value as Cell;
use rusqlite::{Connection, TransactionBehavior};

use super::clinic::Clinic;
use super::record::tag;

/// What a person writes before our text.
pub(super) const SCRIBBLE: &str = "Bring samples.";
/// A person moves visits to the evening, when we book nothing.
const EVENING: i64 = 10 * 3600;
/// The states waiting, with the doctor, and completed. These have a time of arrival.
const HERE: [i64; 3] = [2, 3, 6];
/// The state did not attend: the visit is over, without a time of arrival.
const DID_NOT_ATTEND: i64 = 10;

/// All columns of an appointment that has arrived or is over, as a person left it.
#[derive(Clone, Debug)]
pub(super) struct Arrived {
    pub(super) id: i64,
    cells: Vec<Cell>,
}

impl Arrived {
    fn read(book: &Connection, id: i64) -> Option<Self> {
        let mut statement = book.prepare("SELECT * FROM APPOINTMENTS WHERE RECORDID = ?1").unwrap();
        let columns = statement.column_count();
        let cells = statement
            .query_row([id], |row| (0..columns).map(|at| row.get(at)).collect::<Result<_, _>>())
            .ok()?;
        Some(Self { id, cells })
    }

    /// Whether the appointment is unchanged since then.
    pub(super) fn is_untouched(&self, book: &Connection) -> bool {
        Self::read(book, self.id).is_some_and(|now| now.cells == self.cells)
    }
}

impl Clinic {
    /// A person changes one of our appointments, if there is one.
    pub(super) fn hand(&mut self, dice: &mut StdRng) -> &'static str {
        let mut standing: Vec<u32> = self.standing().into_keys().collect();
        if dice.random_bool(0.8) {
            standing.retain(|number| !self.arrived.contains_key(number));
        }
        let Some(&number) = standing.choose(dice) else { return "nothing in Bp to touch" };
        let user = self.doctors.choose(dice).unwrap().user;
        let day = Self::day(dice);
        if let Some(arrived) = self.arrived.get(&number).filter(|_| dice.random_bool(0.5)) {
            let sql =
                "UPDATE APPOINTMENTS SET APPOINTMENTCODE = 1, ARRIVALTIME = 0 WHERE RECORDID = ?1";
            assert_eq!(self.database().execute(sql, [arrived.id]).unwrap(), 1);
            self.arrived.remove(&number);
            return "taken back that it arrived";
        }
        let (what, change) = match dice.random_range(0..10) {
            0 => (
                "put off in Bp",
                format!("APPOINTMENTTIME = APPOINTMENTTIME % {EVENING} + {EVENING}"),
            ),
            1 => ("put on another day in Bp", format!("APPOINTMENTDATE = '{day}T00:00:00'")),
            2 => ("given to a doctor in Bp", format!("USERID = {user}")),
            3 => ("shortened in Bp", "APPOINTMENTLENGTH = 240".to_owned()),
            4 => ("written on in Bp", format!("REASON = '{SCRIBBLE} ' || REASON")),
            5 => ("cancelled in Bp", "RECORDSTATUS = 4".to_owned()),
            6 => ("deleted in Bp", String::new()),
            7 | 8 => {
                let code = *HERE.choose(dice).unwrap();
                (
                    "arrived",
                    format!("APPOINTMENTCODE = {code}, ARRIVALTIME = APPOINTMENTTIME - 300"),
                )
            }
            _ => ("did not attend", format!("APPOINTMENTCODE = {DID_NOT_ATTEND}")),
        };
        let mut book = self.database();
        let hand = book.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        let sql =
            "SELECT RECORDID FROM APPOINTMENTS WHERE RECORDSTATUS = 1 AND instr(REASON, ?1) > 0";
        let live: Vec<i64> = {
            let mut statement = hand.prepare(sql).unwrap();
            let rows = statement.query_map([tag(number)], |row| row.get(0)).unwrap();
            rows.map(Result::unwrap).collect()
        };
        let id = match live[..] {
            [] => return "nothing in Bp to touch",
            [id] => id,
            _ => panic!("booking {number} of {} has {} appointments", self.site(), live.len()),
        };
        let sql = match change.as_str() {
            "" => "DELETE FROM APPOINTMENTS WHERE RECORDID = ?1".to_owned(),
            change => format!("UPDATE APPOINTMENTS SET {change} WHERE RECORDID = ?1"),
        };
        assert_eq!(hand.execute(&sql, [id]).unwrap(), 1);
        // An arrived appointment that a person removes becomes a booking like any other.
        let over =
            matches!(what, "arrived" | "did not attend") || self.arrived.contains_key(&number);
        let gone = matches!(what, "cancelled in Bp" | "deleted in Bp");
        match Arrived::read(&hand, id).filter(|_| over && !gone) {
            Some(arrived) => self.arrived.insert(number, arrived),
            None => self.arrived.remove(&number),
        };
        hand.commit().unwrap();
        what
    }
}
