use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::clinical::{SectionName, SectionStatus, Sections};
use domain::ids::PatientId;
use domain::problem::ProblemType;
use halo::Row;
use serde_json::{Value, json};

use super::identity;
use super::sections::sections;
use super::source::*;
use crate::rows::Unmappable;
use crate::statements::Markers;

mod odd;

const SOURCES: [Source; 15] = [
    HISTORY,
    HISTORY_MARKER,
    MEDICATIONS,
    REACTIONS,
    ALLERGY_MARKER,
    ALLERGY_CODE,
    FAMILY,
    RELATIVES,
    FAMILY_MARKER,
    TOBACCO,
    ALCOHOL,
    CIRCUMSTANCES,
    OCCUPATIONS,
    OBSERVATIONS,
    IMMUNISATIONS,
];

fn built_in() -> Markers {
    Markers::parse(include_str!("../../data/markers.json")).unwrap()
}

/// The statement's row without any findings, except for these columns.
fn answer(changes: Value) -> Result<Option<Sections>, Unmappable> {
    let mut row = json!({ "PatientId": 1 });
    for source in SOURCES {
        row[source.column] = Value::Null;
        row[source.error] = json!(0);
    }
    for (column, value) in changes.as_object().unwrap() {
        row[column] = value.clone();
    }
    sections(&decoded(&row), &SectionName::ALL, &built_in())
}

pub(super) fn decoded(row: &Value) -> Vec<Row> {
    let sets = halo::rows::decode(&STANDARD.encode(json!([row]).to_string())).unwrap();
    sets.into_iter().next().unwrap()
}

fn found(changes: Value) -> Sections {
    answer(changes).unwrap().unwrap()
}

/// The sections as callers get them.
fn wire(changes: Value) -> Value {
    serde_json::to_value(found(changes)).unwrap()
}

#[test]
fn nil_known_is_said_only_where_every_entry_of_bp_agrees() {
    let status = |words: &[&str]| {
        let rows: Vec<Value> = words.iter().map(|word| json!({ "word": word })).collect();
        let found = found(json!({ "AllergyMarker": json!(rows).to_string() }));
        found.allergies.unwrap().status
    };
    assert_eq!(status(&["Nil known   "]), SectionStatus::NilKnown);
    assert_eq!(status(&["Nil known", "   "]), SectionStatus::NilKnown);
    assert_eq!(status(&["Nil known", "Recorded"]), SectionStatus::NotRecorded);
    assert_eq!(status(&["Recorded"]), SectionStatus::NotRecorded);
    assert_eq!(status(&[""]), SectionStatus::NotRecorded);
    assert_eq!(status(&[]), SectionStatus::NotRecorded);

    let past = |words: &[&str]| {
        let rows: Vec<Value> = words.iter().map(|word| json!({ "word": word })).collect();
        found(json!({ "HistoryMarker": json!(rows).to_string() })).past_history.unwrap()
    };
    assert_eq!(past(&["Yes"]).status, SectionStatus::NilKnown);
    assert_eq!(past(&["No"]).status, SectionStatus::NotRecorded);
    assert_eq!(past(&["No"]).remark, None);
    assert_eq!(past(&["No", "Yes"]).status, SectionStatus::NotRecorded);
    assert!(past(&["No", "Yes"]).remark.is_some());
}

#[test]
fn what_may_not_be_read_costs_its_own_section_only() {
    for (error, reason) in [
        (229, ProblemType::BpPermissionMissing),
        (102, ProblemType::BpReleaseDiffers),
        (319, ProblemType::BpReleaseDiffers),
        (207, ProblemType::BpReleaseDiffers),
        (208, ProblemType::BpReleaseDiffers),
        (1205, ProblemType::BpRefused),
    ] {
        let found = found(json!({
            "ReactionsError": error,
            "AllergyMarker": r#"[{"word": "Nil known"}]"#,
        }));
        let allergies = found.allergies.unwrap();
        assert_eq!(allergies.status, SectionStatus::Unavailable);
        assert_eq!(allergies.problem.unwrap().kind, reason);
        assert_eq!(found.medications.unwrap().status, SectionStatus::NotRecorded);
    }
}

#[test]
fn repeated_rows_are_one_and_different_ones_are_all_shown_with_a_note() {
    let row = |status: &str, lives: &str| json!({ "smokingStatus": status, "retired": "No", "paceMaker": "No", "livesWith": lives });
    let social = |rows: Value| found(json!({ "Circumstances": rows.to_string() })).social.unwrap();
    let equal = social(json!([row("Smoker", "Alone"), row("Smoker", "Alone")]));
    assert_eq!((equal.items.len(), equal.remark), (2, None));
    let differing = social(json!([row("Smoker", "Alone"), row("Ex smoker", "Spouse")]));
    assert_eq!(differing.items.len(), 3);
    assert!(differing.remark.is_some());
    let blank = social(json!([row("", "")]));
    assert_eq!(blank.status, SectionStatus::NotRecorded);
}

#[test]
fn a_box_that_is_ticked_says_something_by_itself() {
    let drinker = json!([{ "nonDrinker": "Yes", "daysPerWeek": 0, "drinksPerDay": 0, "yearStarted": 0,
        "yearStopped": 0 }]);
    let social = found(json!({ "Alcohol": drinker.to_string() })).social.unwrap();
    assert_eq!((social.status, social.items.len()), (SectionStatus::Recorded, 1));
}

#[test]
fn smoking_statuses_that_disagree_are_all_shown_with_a_note_and_equal_ones_without() {
    let smoked = |statuses: &[&str], said: &str| {
        let row = |status: &&str| {
            json!({ "status": status, "perDay": 1, "yearStarted": 0, "pastPerDay": 0,
            "pastStarted": 0, "pastStopped": 0 })
        };
        let tobacco: Vec<Value> = statuses.iter().map(row).collect();
        let lives = json!([{ "smokingStatus": said, "retired": "No", "paceMaker": "No" }]);
        let social = found(json!({
            "Tobacco": json!(tobacco).to_string(),
            "Circumstances": lives.to_string(),
        }));
        let social = serde_json::to_value(social.social.unwrap()).unwrap();
        let items = social["items"].as_array().unwrap().clone();
        (items, social["note"].is_string())
    };
    let (items, noted) = smoked(&["Smoker"], "Smoker");
    assert_eq!((items.len(), items[0]["status"].as_str(), noted), (1, Some("Smoker"), false));
    assert!(items[0].get("otherStatuses").is_none(), "{items:?}");
    let (items, noted) = smoked(&["Smoker"], "Ex smoker");
    assert_eq!((items.len(), &items[0]["otherStatuses"], noted), (1, &json!(["Ex smoker"]), true));
    let (items, noted) = smoked(&["Smoker", "Ex smoker"], "Smoker");
    assert_eq!((items.len(), noted), (2, true));
}

#[test]
fn a_patient_is_named_by_whatever_the_release_has_and_a_refusal_is_never_a_nameless_patient() {
    let ask = |found: Value, error: i64| {
        let row = json!({ "PatientId": 1, "Identity": found, "IdentityError": error });
        identity::identity(&decoded(&row)[0], PatientId(1))
    };
    let full = json!([{ "status": "Active ", "firstName": "Marguerite  ", "lastName": "Wattleford", "born": "1957-03-14",
        "sex": "Female", "medicareNumber": "2428778132", "medicareLine": "1", "dva": " ", "suburb": "Wirrabeen" }]);
    let found = ask(json!(full.to_string()), 0).unwrap();
    assert_eq!(found.first_name.as_deref(), Some("Marguerite"));
    assert_eq!(found.medicare.unwrap().line.as_deref(), Some("1"));
    assert_eq!((found.dva, found.gender), (None, None));
    assert_eq!(ask(json!("[{}]"), 0).unwrap().last_name, None);
    for (error, reason) in [
        (230, ProblemType::BpPermissionMissing),
        (207, ProblemType::BpReleaseDiffers),
        (1205, ProblemType::BpRefused),
    ] {
        assert_eq!(ask(Value::Null, error), Err(reason));
    }
    for (found, error) in
        [(Value::Null, 0), (json!("[]"), 0), (json!("[7]"), 0), (json!("{"), 0), (Value::Null, -1)]
    {
        assert_eq!(
            ask(found.clone(), error),
            Err(ProblemType::MalformedAnswer),
            "{found} was taken"
        );
    }
    let odd =
        ask(json!(r#"[{"born": "1957-02-30", "sex": [], "lastName": "Wattleford"}]"#), 0).unwrap();
    assert_eq!((odd.date_of_birth, odd.sex), (None, None));
    assert_eq!(odd.last_name.as_deref(), Some("Wattleford"));
}
