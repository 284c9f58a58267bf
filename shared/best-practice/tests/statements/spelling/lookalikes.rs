//! Patients who look alike, and messages about them. No message is filed under another patient.
//!
//! `LOOKALIKES` is the number of made-up patients (100000 takes some minutes), `LOOKALIKES_PRACTICE` the
//! number of patients of each practice, `LOOKALIKES_MESSAGES` the number of messages to each practice,
//! and `LOOKALIKES_SEED` the seed.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::spelling::key;
use rusqlite::params;

use crate::spelling::table::Table;

const INBOX: &str = include_str!("../../../statements/assumed/inbox_write.sql");
const FIRST_ID: i64 = 1_000_000;

/// SplitMix64: small, seeded, and the same on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(end).unwrap()).unwrap()
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

/// There are few names, so that many people share one. Bp can store all these spellings.
const LAST: [&str; 16] = [
    "O'Brien",
    "O’Brien",
    "O Brien",
    "Brien",
    "Lee-Wong",
    "Lee Wong",
    "Lee–Wong",
    "Lee",
    "Wong",
    "McDonald",
    "Mc Donald",
    "MacDonald",
    "Müller",
    "Muller",
    "van der Berg",
    "Nguyen",
];
const FIRST: [&str; 18] = [
    "Anne",
    "Ann",
    "Mary-Anne",
    "Mary Anne",
    "Maryanne",
    "Mary",
    "Jean-Luc",
    "Jean Luc",
    "Jean",
    "Luc",
    "D'Arcy",
    "D’Arcy",
    "Darcy",
    "Zoë",
    "Zoe",
    "John",
    "Jon",
    "J.",
];

#[derive(Clone, Debug)]
struct Person {
    id: i64,
    first: String,
    last: String,
    born: String,
    card: String,
    line: String,
    ihi: String,
}

/// Families: parents and children with one name, twins, and cards that are shared or were reused.
fn people(dice: &mut Dice, count: usize) -> Vec<Person> {
    let mut people: Vec<Person> = Vec::with_capacity(count);
    let mut known = HashSet::new();
    while people.len() < count {
        let id = FIRST_ID + i64::try_from(people.len()).unwrap();
        // There are few birthdays, so that many people share one.
        let day = |dice: &mut Dice| {
            format!("{}-0{}-1{}", 1940 + dice.below(80), 1 + dice.below(9), dice.below(10))
        };
        let other = (!people.is_empty()).then(|| people[dice.below(people.len())].clone());
        let mut person = Person {
            id,
            first: dice.pick(&FIRST).to_owned(),
            last: dice.pick(&LAST).to_owned(),
            born: day(dice),
            card: format!("2{:09}", dice.below(1_000_000_000)),
            line: (1 + dice.below(9)).to_string(),
            ihi: format!("80036{:011}", dice.below(100_000_000_000)),
        };
        if let Some(other) = other {
            match dice.below(6) {
                // A twin: the same birthday and card, and another first name.
                0 if key(&person.first) != key(&other.first) => {
                    person =
                        Person { last: other.last, born: other.born, card: other.card, ..person };
                }
                // A parent or a child with the same name and card.
                1 => {
                    person =
                        Person { first: other.first, last: other.last, card: other.card, ..person };
                }
                // Somebody with the same name and birthday who is not related.
                2 => {
                    person =
                        Person { first: other.first, last: other.last, born: other.born, ..person };
                }
                // The same card and the same line on it, given to somebody else.
                3 => person = Person { card: other.card, line: other.line, ..person },
                _ => {}
            }
        }
        if dice.one_in(4) {
            person.card = String::new();
            person.line = String::new();
        }
        if dice.one_in(2) {
            person.ihi = String::new();
        }
        // Nobody could distinguish two people with the same names, birthday, card and line.
        let Person { first, last, born, card, line, .. } = &person;
        if card.is_empty()
            || known.insert((key(first), key(last), born.clone(), card.clone() + line))
        {
            people.push(person);
        }
    }
    people
}

/// The same name as somebody else types it.
fn respelt(dice: &mut Dice, name: &str) -> String {
    let mut spelt = String::new();
    for letter in name.chars() {
        match letter {
            '\'' | '’' => spelt.push_str(dice.pick(&["'", "’", "‘", "´", "ʼ", ""])),
            '-' | '–' | ' ' => spelt.push_str(dice.pick(&["-", "–", " ", "\u{a0}", "‑", ""])),
            other => spelt.push(other),
        }
    }
    if dice.one_in(3) { spelt.to_uppercase() } else { spelt }
}

/// A number as a receptionist types it.
fn retyped(dice: &mut Dice, number: &str) -> String {
    if number.len() > 9 && dice.one_in(3) {
        format!("{} {} {}", &number[..4], &number[4..9], &number[9..])
    } else {
        number.to_owned()
    }
}

fn register(table: &Table, people: &[Person], dice: &mut Dice) {
    table.bp.connection.execute_batch("BEGIN").unwrap();
    let columns: Vec<String> = {
        let mut rows =
            table.bp.connection.prepare("SELECT name FROM pragma_table_info('PATIENTS')").unwrap();
        let names = rows.query_map([], |row| row.get(0)).unwrap();
        names.map(Result::unwrap).collect()
    };
    let values: Vec<&str> = columns
        .iter()
        .map(|column| match column.as_str() {
            "INTERNALID" => "?1",
            "FIRSTNAME" => "?2",
            "SURNAME" => "?3",
            "DOB" => "?4",
            "MEDICARENO" => "?5",
            "MEDICARELINENO" => "?6",
            "IHI" => "?7",
            other => other,
        })
        .collect();
    let sql = format!(
        "INSERT INTO PATIENTS ({}) SELECT {} FROM PATIENTS WHERE INTERNALID = 1",
        columns.join(", "),
        values.join(", ")
    );
    let mut insert = table.bp.connection.prepare(&sql).unwrap();
    for person in people {
        let born = format!("{}T00:00:00", person.born);
        let card = retyped(dice, &person.card);
        let ihi = retyped(dice, &person.ihi);
        insert
            .execute(params![person.id, person.first, person.last, born, card, person.line, ihi])
            .unwrap();
    }
    table.bp.connection.execute_batch("COMMIT").unwrap();
}

/// What a sender knows of a person: always the last name and the birthday, sometimes more. If the person
/// is not a patient here, the sender knows everything. With less, a namesake with the same birthday
/// could not be distinguished.
fn message(
    dice: &mut Dice,
    about: &Person,
    is_here: bool,
    number: usize,
) -> Vec<(&'static str, &'static str, String)> {
    let last = respelt(dice, &about.last);
    let mut says = |chances: usize| !is_here || dice.one_in(chances);
    let (card, line, ihi) = (says(3), says(2), says(4));
    let no_first = dice.one_in(8);
    let first = if no_first { String::new() } else { respelt(dice, &about.first) };
    let given =
        |is_given: bool, value: &str| if is_given { value.to_owned() } else { String::new() };
    let (card, line) = (given(card, &about.card), given(card && line, &about.line));
    let ihi = given(ihi, &about.ihi);
    let content = b"x";
    vec![
        ("@token", "VarChar", format!("PB{number:023}")),
        ("@patientId", "Int", "0".to_owned()),
        ("@surnameKey", "VarChar", key(&last)),
        ("@firstNameKey", "VarChar", key(&first)),
        ("@lastName", "VarChar", last),
        ("@firstName", "VarChar", first),
        ("@dateOfBirth", "VarChar", about.born.clone()),
        ("@medicare", "VarChar", card),
        ("@medicareLine", "VarChar", line),
        ("@ihi", "VarChar", ihi),
        ("@userId", "Int", "1".to_owned()),
        ("@ahpra", "VarChar", String::new()),
        ("@provider", "VarChar", String::new()),
        ("@fallbackUserId", "Int", "0".to_owned()),
        ("@fallbackAhpra", "VarChar", String::new()),
        ("@fallbackProvider", "VarChar", String::new()),
        ("@heading", "VarChar", "Report: Left knee".to_owned()),
        ("@subject", "VarChar", "Left knee".to_owned()),
        ("@category", "VarChar", "Specialist report".to_owned()),
        ("@senderName", "VarChar", String::new()),
        ("@text", "VarChar", String::new()),
        ("@fileType", "VarChar", "pdf".to_owned()),
        ("@content", "VarChar", STANDARD.encode(content)),
        ("@length", "Int", content.len().to_string()),
    ]
}

fn setting(name: &str, otherwise: usize) -> usize {
    std::env::var(name).map_or(otherwise, |value| value.parse().unwrap())
}

#[test]
#[expect(clippy::print_stdout, reason = "a number is what a long run is for")]
fn no_message_is_filed_under_somebody_who_looks_like_the_one_it_is_about() {
    let seed = setting("LOOKALIKES_SEED", 20_260_302);
    let count = setting("LOOKALIKES", 3_000);
    let practice = setting("LOOKALIKES_PRACTICE", 3_000).min(count);
    let messages = setting("LOOKALIKES_MESSAGES", 300);
    let dice = &mut Dice(u64::try_from(seed).unwrap());
    let mut sum = Tally::default();
    for _ in 0..count.div_ceil(practice) {
        sum = one_practice(dice, practice, messages, sum);
    }
    let Tally { right, left, wrong } = sum;
    let sent = right + left + wrong.len();
    println!(
        "seed {seed}: {count} patients, {sent} messages: {right} filed, {left} left, {} wrong",
        wrong.len()
    );
    assert!(wrong.is_empty(), "seed {seed}: about, filed under: {wrong:#?}");
    assert!(right * 3 > sent, "seed {seed}: only {right} of {sent} were filed");
}

#[derive(Default)]
struct Tally {
    right: usize,
    left: usize,
    /// Whom a message was about, and under whom it was filed.
    wrong: Vec<(Person, Person)>,
}

fn one_practice(dice: &mut Dice, count: usize, messages: usize, mut sum: Tally) -> Tally {
    let people = people(dice, count);
    let table = &mut Table::open();
    // Some are patients elsewhere. A patient here who looks like them is another person.
    let (here, gone): (Vec<Person>, Vec<Person>) =
        people.into_iter().partition(|person| person.card.is_empty() || !dice.one_in(4));
    register(table, &here, dice);
    for number in 0..messages {
        let is_here = !dice.one_in(3);
        let whom = if is_here { &here } else { &gone };
        let about = &whom[dice.below(whom.len())];
        let parameters = message(dice, about, is_here, number);
        let row = table.ask(INBOX, &parameters).remove(0);
        assert_eq!(row["Outcome"], "written");
        let sql = format!(
            "SELECT INTERNALID AS Id FROM dbo.INCOMINGREPORTS WHERE REPORTID = {}",
            row["RecordId"]
        );
        match table.ask(&sql, &[]).remove(0)["Id"].parse::<i64>().unwrap() {
            0 => sum.left += 1,
            id if id == about.id => sum.right += 1,
            id => {
                let taken = here.iter().find(|person| person.id == id).unwrap();
                sum.wrong.push((about.clone(), taken.clone()));
            }
        }
    }
    sum
}
