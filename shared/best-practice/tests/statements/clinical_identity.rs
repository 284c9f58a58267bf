//! Whose record the clinical statement reads, executed on a made-up practice.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use halo_simulator::practice::patient;
use halo_simulator::sql::Value;
use serde_json::{Map, json};

const STATEMENT: &str = include_str!("../../statements/public/clinical_summary.sql");
const SECTIONS: [&str; 7] = [
    "@pastHistory",
    "@medications",
    "@allergies",
    "@familyHistory",
    "@social",
    "@observations",
    "@immunisations",
];

struct Practice {
    bp: support::Practice,
}

impl Practice {
    fn open() -> Self {
        Self { bp: support::Practice::open() }
    }

    /// The patient's allergies.
    fn allergies(&mut self, patient: i64) -> Vec<Map<String, serde_json::Value>> {
        let row = self.asked(patient, 0, 1);
        let found = row.into_iter().find(|(column, _)| column == "Reactions").unwrap();
        let Value::Text(text) = found.1 else { panic!("no allergies") };
        serde_json::from_str(&text).unwrap()
    }

    /// The statement's row by column, without any section.
    fn row(&mut self, patient: i64, identity: i64) -> Vec<(String, Value)> {
        self.asked(patient, identity, 0)
    }

    fn asked(&mut self, patient: i64, identity: i64, allergies: i64) -> Vec<(String, Value)> {
        let int = |name: &str, value: i64| support::input(name, "Int", value.to_string());
        let mut parameters = vec![
            int("@patientId", patient),
            int("@observationsPerCode", 1),
            int("@identity", identity),
        ];
        parameters.extend(
            SECTIONS
                .map(|section| int(section, if section == "@allergies" { allergies } else { 0 })),
        );
        let outcome = self.bp.run(STATEMENT, parameters).unwrap();
        let set = outcome.result_sets.last().unwrap();
        assert_eq!(set.rows.len(), 1);
        let names = set.columns.iter().cloned();
        names.zip(set.rows[0].iter().cloned()).collect()
    }

    /// The objects of a source, and its error number.
    fn source(&mut self, patient: i64, name: &str) -> (Vec<Map<String, serde_json::Value>>, i64) {
        let row = self.row(patient, 1);
        let of = |name: &str| row.iter().find(|(column, _)| column == name).unwrap().1.clone();
        let objects = match of(name) {
            Value::Text(text) => serde_json::from_str(&text).unwrap(),
            _ => Vec::new(),
        };
        let Value::Int(error) = of(&format!("{name}Error")) else { panic!("{row:?}") };
        (objects, error)
    }

    /// The patient's identity. Fails unless the error column says that it was read.
    fn identity(&mut self, patient: i64) -> Map<String, serde_json::Value> {
        let row = self.row(patient, 1);
        let of = |name: &str| row.iter().find(|(column, _)| column == name).unwrap().1.clone();
        assert_eq!(of("IdentityError"), Value::Int(0));
        let Value::Text(text) = of("Identity") else { panic!("no identity: {row:?}") };
        let mut people: Vec<Map<_, _>> = serde_json::from_str(&text).unwrap();
        assert_eq!(people.len(), 1, "{people:?}");
        people.remove(0)
    }
}

#[test]
fn the_patient_is_named_once_even_where_the_view_has_two_rows() {
    let mut practice = Practice::open();
    let person = practice.identity(1);
    for (member, value) in
        [("firstName", "Marguerite"), ("lastName", "Wattleford"), ("born", "1957-03-14")]
    {
        assert_eq!(person[member], json!(value));
    }
    for member in ["medicareNumber", "medicareLine", "ihi", "sex", "line1", "suburb", "status"] {
        assert!(person[member].is_string(), "{member} of {person:?}");
    }
    assert_eq!(practice.identity(22)["lastName"], json!("Tapper"));
}

#[test]
fn a_column_that_a_release_lacks_costs_nothing_but_itself() {
    let mut practice = Practice::open();
    let whole = practice.identity(1);
    for (column, member) in [
        ("Gender", "gender"),
        ("IHI", "ihi"),
        ("MedicareLineNo", "medicareLine"),
        ("DOB", "born"),
        ("MedicareExpiry", "medicareExpiry"),
        ("RecordNo", "recordNumber"),
        ("Email", "email"),
        ("Ethnicity", "ethnicity"),
        ("UsualDoctor", "usualDoctor"),
    ] {
        assert!(whole.contains_key(member), "{member} of {whole:?}");
        practice.bp.environment.missing_columns =
            vec![("BPS_Patients".to_owned(), column.to_owned())];
        let mut expected = whole.clone();
        expected.remove(member);
        assert_eq!(practice.identity(1), expected, "without {column}");
    }
}

#[test]
fn nobody_is_named_unless_that_is_asked_for() {
    let row = Practice::open().row(1, 0);
    assert!(row.contains(&("Identity".to_owned(), Value::Null)));
    assert!(row.contains(&("IdentityError".to_owned(), Value::Int(-1))));
}

#[test]
fn the_record_names_its_users_and_the_practice_with_their_numbers() {
    let mut practice = Practice::open();
    let (people, error) = practice.source(1, "Practitioners");
    assert_eq!(error, 0);
    assert!(!people.is_empty());
    let (doctor, error) = practice.source(1, "UsualDoctor");
    assert_eq!((doctor.len(), error), (1, 0));
    for person in people.iter().chain(&doctor) {
        let named = person["named"].as_str().unwrap();
        let last = person["lastName"].as_str().unwrap();
        assert!(named.ends_with(last) && named == named.trim(), "{person:?}");
    }
    for member in ["id", "firstName", "registration", "hpii", "providerNumber"] {
        assert!(doctor[0].contains_key(member), "{member} of {doctor:?}");
    }
    let names: Vec<_> = people.iter().map(|one| (&one["named"], &one["id"])).collect();
    assert!((1..names.len()).all(|at| !names[..at].contains(&names[at])), "{names:?}");
    let (numbers, error) = practice.source(1, "Practice");
    assert_eq!((numbers.len(), error), (1, 0));
    assert!(numbers[0]["hpio"].as_str().unwrap().starts_with("800362"));
    let (places, error) = practice.source(1, "Locations");
    assert_eq!(error, 0);
    assert!(places.iter().all(|place| place["line1"].is_string()), "{places:?}");
}

#[test]
fn a_table_that_may_not_be_read_costs_the_numbers_in_it_and_nothing_else() {
    for (table, lost) in [
        ("USERS", &["Practitioners", "UsualDoctor"][..]),
        ("PATIENTS", &["Death", "UsualDoctor"]),
        ("PRACTICE", &["Practice"]),
        ("BPS_PracticeLocations", &["Locations"]),
    ] {
        let mut practice = Practice::open();
        let whole = practice.identity(1);
        practice.bp.environment.denied_objects = vec![table.to_owned()];
        assert_eq!(practice.identity(1), whole, "without {table}");
        for source in ["Death", "Practitioners", "UsualDoctor", "Practice", "Locations"] {
            let (found, error) = practice.source(1, source);
            let is_lost = lost.contains(&source);
            assert_eq!(error, if is_lost { 229 } else { 0 }, "{source} without {table}");
            assert_eq!(found.is_empty(), is_lost, "{source} without {table}");
        }
    }
}

#[test]
fn the_date_of_death_is_read_beside_the_identity() {
    let mut practice = Practice::open();
    let (found, error) = practice.source(patient::DECEASED, "Death");
    assert_eq!((found.len(), error), (1, 0));
    assert!(found[0]["diedOn"].as_str().unwrap().starts_with("202"), "{found:?}");
    assert!(practice.source(1, "Death").0[0].is_empty(), "nobody says that they died");
    practice.bp.environment.missing_columns =
        vec![("PATIENTS".to_owned(), "DATEOFDEATH".to_owned())];
    let (found, error) = practice.source(patient::DECEASED, "Death");
    assert_eq!((found.len(), error), (0, 207));
    assert_eq!(practice.identity(patient::DECEASED)["status"], json!("Deceased"));
}

#[test]
fn a_release_without_the_day_of_an_allergy_still_has_its_allergies() {
    let mut practice = Practice::open();
    let whole = practice.allergies(1);
    assert!(whole.iter().all(|one| one["recordedOn"].is_string()), "{whole:?}");
    practice.bp.environment.missing_columns =
        vec![("BPS_Reactions".to_owned(), "Created".to_owned())];
    let without = practice.allergies(1);
    assert_eq!(without.len(), whole.len());
    for (mut with, without) in whole.into_iter().zip(without) {
        with.remove("recordedOn");
        assert_eq!(with, without);
    }
}
