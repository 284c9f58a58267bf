//! One small made-up record as a whole document. If this snapshot changes, callers get a different document.

use crate::records::{doctor, practice};
use domain::clinical::{
    Allergy, IdentifiedRecord, Identity, Medication, NilMarker, Section, Sections,
};
use domain::ids::{PatientId, SiteId};
use domain::patient::{Address, PatientStatus, Phones};
use domain::time_zone::PracticeTimeZone;
use jiff::civil::date;
use patient_summary::{Origin, document};

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn record() -> IdentifiedRecord {
    let medication = Medication {
        record_id: Some(31),
        name: text("Example tablets 5 mg"),
        dose: text("1 tablet"),
        frequency: text("In the morning"),
        food: None,
        other_detail: None,
        when_needed: Some(false),
        instructions: text("Take with water"),
        route_code: None,
        quantity: Some(30),
        unit: text("tablets"),
        repeats: Some(2),
        indication: None,
        first_date: Some(date(2025, 11, 3)),
        last_date: Some(date(2026, 2, 1)),
        product_id: Some(4711),
        recorded_on: None,
        unreadable: vec!["indication"],
    };
    let allergy = Allergy {
        item: text("Peanuts"),
        reaction: text("Hives"),
        severity: text("Moderate"),
        comment: None,
        recorded_on: Some(date(2024, 5, 6)),
        unreadable: Vec::new(),
    };
    let recorded = |items| Section::conclude(items, NilMarker::Silent, &[]);
    IdentifiedRecord {
        identity: Identity {
            patient_id: PatientId(12),
            status: PatientStatus::Active,
            title: None,
            first_name: text("Marguerite"),
            middle_name: None,
            last_name: text("Wattleford"),
            preferred_name: None,
            date_of_birth: Some(date(1957, 3, 14)),
            sex: text("Female"),
            gender: None,
            address: Address {
                line1: None,
                line2: None,
                suburb: text("Wirrabeen"),
                postcode: None,
            },
            phones: Phones { home: None, work: None, mobile: text("0491 570 006") },
            medicare: None,
            dva: None,
            ihi: None,
            medicare_expiry: None,
            record_number: None,
            email: None,
            ethnicity: None,
            usual_doctor: text("Dr Ada Quill"),
            date_of_death: None,
        },
        practitioners: vec![doctor("Dr Ada Quill")],
        practice: practice(),
        sections: Sections {
            past_history: Some(Section::conclude(Vec::new(), NilMarker::Nil, &[])),
            medications: Some(Section::conclude(vec![medication], NilMarker::Silent, &[])),
            allergies: Some(recorded(vec![allergy])),
            ..Sections::default()
        },
    }
}

#[test]
fn a_small_record_is_this_document() {
    let zone = PracticeTimeZone::parse("Australia/Brisbane").unwrap();
    let origin = Origin {
        document: "0f3c1a52-7c1e-4b0a-9d7e-5a1b2c3d4e5f".parse().unwrap(),
        site_id: &SiteId::parse("71001").unwrap(),
        practice_name: Some("Wirrabeen Family Practice"),
        time_zone: Some(&zone),
        read_at: "2026-03-02T09:30:00Z".parse().unwrap(),
    };
    let bundle = document(&record(), &origin);
    // The version of this software changes with each release.
    let version = format!("\"value\": \"{}\"", env!("CARGO_PKG_VERSION"));
    let json = serde_json::to_string_pretty(&bundle).unwrap();
    insta::assert_snapshot!(json.replace(&version, "\"value\": \"(version)\""));
}
