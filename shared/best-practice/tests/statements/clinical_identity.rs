//! Whose record the clinical statement reads, executed on a made-up practice.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

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

    /// The statement's row by column.
    fn row(&mut self, patient: i64, identity: i64) -> Vec<(String, Value)> {
        let int = |name: &str, value: i64| support::input(name, "Int", value.to_string());
        let mut parameters = vec![
            int("@patientId", patient),
            int("@observationsPerCode", 1),
            int("@identity", identity),
        ];
        parameters.extend(SECTIONS.map(|section| int(section, 0)));
        let outcome = self.bp.run(STATEMENT, parameters).unwrap();
        let set = outcome.result_sets.last().unwrap();
        assert_eq!(set.rows.len(), 1);
        let names = set.columns.iter().cloned();
        names.zip(set.rows[0].iter().cloned()).collect()
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
