//! Only a valid number identifies a patient in a document.

use crate::records::{of, person, sections};
use domain::clinical::{Identity, MedicareNumber};
use domain::ids::SiteId;
use domain::patient::Dva;
use patient_summary::{Origin, document};

/// The patient's identifiers of one system.
fn identifiers(identity: Identity, system: &str) -> Vec<String> {
    let record = of(identity, sections("Words"));
    let origin = Origin {
        document: "0f3c1a52-7c1e-4b0a-9d7e-5a1b2c3d4e5f".parse().unwrap(),
        site_id: &SiteId::parse("71001").unwrap(),
        practice_name: None,
        time_zone: None,
        read_at: "2026-03-02T09:30:00Z".parse().unwrap(),
    };
    let document = serde_json::to_value(document(&record, &origin)).unwrap();
    let entries = document["entry"].as_array().unwrap();
    let patient = entries.iter().map(|entry| &entry["resource"]);
    let patient = patient.clone().find(|resource| resource["resourceType"] == "Patient").unwrap();
    patient["identifier"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|identifier| identifier["system"].as_str().unwrap().contains(system))
        .map(|identifier| identifier["value"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_medicare_number_is_ten_right_digits_and_the_place_on_the_card() {
    for (card, line, expected) in [
        ("2950000041", Some("1"), Some("29500000411")),
        ("2950 00004 1", Some("1"), Some("29500000411")),
        ("2950/00004/1", Some(" 3"), Some("29500000413")),
        ("2950000041", Some("0"), Some("2950000041")),
        ("2950000041", Some("12"), Some("2950000041")),
        ("2950000041", None, Some("2950000041")),
        // With the person's line this would be the number of another card.
        ("295000004", Some("1"), None),
        ("29500000411", Some("1"), None),
        ("2950000001", Some("1"), None),
        ("see card", Some("1"), None),
    ] {
        let line = line.map(str::to_owned);
        let medicare = Some(MedicareNumber { card: card.to_owned(), line });
        let found = identifiers(Identity { medicare, ..person() }, "medicare-number");
        assert_eq!(found.first().map(String::as_str), expected, "{card}");
    }
}

#[test]
fn an_ihi_and_a_veterans_number_are_whole_or_left_out() {
    for (ihi, expected) in [
        ("8003600000000007", Some("8003600000000007")),
        ("8003 6000 0000 0007", Some("8003600000000007")),
        ("8003600000000000", None),
        ("800360000", None),
        ("8003600000007", None),
    ] {
        let found = identifiers(Identity { ihi: Some(ihi.to_owned()), ..person() }, "/ihi/");
        assert_eq!(found.first().map(String::as_str), expected, "{ihi}");
    }
    for (number, expected) in
        [("NX990314", Some("NX990314")), ("nx 990314", Some("NX990314")), ("gold", None)]
    {
        let dva = Some(Dva { number: number.to_owned() });
        let found = identifiers(Identity { dva, ..person() }, "dva");
        assert_eq!(found.first().map(String::as_str), expected, "{number}");
    }
}
