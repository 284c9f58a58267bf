//! Observations. Each is a row with a text value. The two halves of a blood pressure share date and time.

use rusqlite::params;

use super::super::cast::patient;
use super::dice::Dice;
use super::table::Table;
use super::{Part, Person, Seeding, day, midnight};

pub(super) fn record(seeding: &Seeding<'_>, people: &[Person]) -> rusqlite::Result<()> {
    let mut dice = seeding.dice(Part::Measurements);
    let mut clinic = Clinic {
        table: seeding.table(
            "OBSERVATIONS",
            "RECORDSTATUS INTERNALID USERID OBSDATE OBSTIME DATACODE DATANAME DATAVALUE MODIFIER CREATED",
        )?,
        rows: 0,
    };
    for person in people.iter().filter(|person| person.id != patient::EMPTY) {
        match person.id {
            patient::LONG_HISTORY => {
                let target = clinic.rows + seeding.plan.long_history;
                let mut ago = 1;
                while clinic.rows < target {
                    clinic.visit(person, ago, target - clinic.rows, &mut dice)?;
                    ago += 4;
                }
            }
            patient::DEMONSTRATION => {
                clinic.everything(person, &mut dice)?;
                for visit in 1..=8 {
                    clinic.visit(person, visit * 45, i64::MAX, &mut dice)?;
                }
            }
            _ => {
                for _ in 0..dice.within(0..=3) {
                    let ago = dice.within(1..=1_800);
                    clinic.visit(person, ago, i64::MAX, &mut dice)?;
                }
            }
        }
    }
    Ok(())
}

struct Clinic<'c> {
    table: Table<'c>,
    rows: i64,
}

/// Where and when something was measured.
struct Visit<'p> {
    person: &'p Person,
    date: String,
    time: i64,
}

impl Clinic<'_> {
    /// The usual measurements of a visit, with a maximum number of rows.
    fn visit(
        &mut self,
        person: &Person,
        ago: i64,
        most: i64,
        dice: &mut Dice,
    ) -> rusqlite::Result<()> {
        let visit = Visit {
            person,
            date: midnight(day(-ago)),
            time: dice.within(32..=68) * 900 + dice.within(0..=59),
        };
        let grown = person.age() > 17;
        let height = if grown { dice.within(150..=195) } else { 60 + person.age() * 7 };
        let weight = if grown { dice.within(48..=118) } else { 4 + person.age() * 4 };
        let bmi = weight as f64 * 10_000.0 / (height * height) as f64;
        let mut rows = vec![
            (3, "Systolic BP", dice.within(98..=172).to_string()),
            (4, "Diastolic BP", dice.within(55..=99).to_string()),
            (2, "Pulse", dice.within(52..=104).to_string()),
        ];
        if dice.percent(60) {
            rows.push((8, "Weight", format!("{weight}.{}", dice.within(0..=9))));
            rows.push((7, "Height", height.to_string()));
            rows.push((9, "BMI", format!("{bmi:.1}")));
        }
        if dice.percent(15) {
            rows.push((
                1,
                "Temperature",
                format!("{}.{}", dice.within(36..=38), dice.within(0..=9)),
            ));
        }
        if dice.percent(10) {
            rows.push((
                6,
                "Blood sugar",
                format!("{}.{}", dice.within(4..=13), dice.within(0..=9)),
            ));
        }
        if dice.percent(10) {
            rows.push((17, "Waist", dice.within(70..=120).to_string()));
        }
        for (code, name, value) in
            rows.into_iter().take(usize::try_from(most).unwrap_or(usize::MAX))
        {
            self.add(&visit, code, name, &value, 1)?;
        }
        Ok(())
    }

    /// One observation of each public code, and values that are not plain numbers.
    fn everything(&mut self, person: &Person, dice: &mut Dice) -> rusqlite::Result<()> {
        let visit = Visit { person, date: midnight(day(-2)), time: 36_000 };
        let values = [
            (1, "Temperature", "36.8"),
            (2, "Pulse", "72"),
            (3, "Systolic BP", "138"),
            (4, "Diastolic BP", "82"),
            (6, "Blood sugar", ">27.8"),
            (7, "Height", "164"),
            (8, "Weight", "71.5"),
            (9, "BMI", "26.6"),
            (10, "Head circumference", "56"),
            (17, "Waist", "88"),
            (18, "Hip", "101"),
            (21, "Waist/Hip ratio", "0.87"),
            (26, "Diabetes risk", "11"),
        ];
        for (code, name, value) in values {
            self.add(&visit, code, name, value, 1)?;
        }
        // A second reading on the same day, one half of a third, and one that was struck out.
        let later = Visit { person, date: midnight(day(-2)), time: 36_900 };
        self.add(&later, 3, "Systolic BP", "131", 1)?;
        self.add(&later, 4, "Diastolic BP", "79", 1)?;
        let half = Visit { person, date: midnight(day(-3)), time: 0 };
        self.add(&half, 3, "Systolic BP", "142", 1)?;
        self.add(&half, 8, "Weight", &format!("7{}0", dice.within(1..=9)), 0)
    }

    fn add(
        &mut self,
        visit: &Visit<'_>,
        code: i64,
        name: &str,
        value: &str,
        status: i64,
    ) -> rusqlite::Result<()> {
        self.rows += 1;
        self.table.add(params![
            status,
            visit.person.id,
            visit.person.doctor,
            visit.date,
            visit.time,
            code,
            name,
            value,
            0,
            visit.date
        ])?;
        Ok(())
    }
}
