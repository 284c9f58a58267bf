//! Documents of made-up records are valid FHIR, whatever Bp contains.

use crate::conformance::{assert_conforms, faults};
use crate::records::{everything, of, person, sections};
use domain::clinical::{
    IdentifiedRecord, NilMarker, ObservationKind, Section, SectionName, Sections, SocialItem,
    Unreadable,
};
use domain::ids::SiteId;
use domain::problem::ProblemType;
use domain::time_zone::PracticeTimeZone;
use patient_summary::{Origin, document};
use proptest::prelude::*;
use serde_json::{Value, json};

const DENIED: Unreadable =
    Unreadable { reason: ProblemType::BpPermissionMissing, view: "BPS_Reactions", rows: 0 };
const OLD: Unreadable =
    Unreadable { reason: ProblemType::BpReleaseDiffers, view: "BPS_History", rows: 0 };

fn written_in(record: &IdentifiedRecord, zone: Option<&str>) -> Value {
    let zone = zone.map(|zone| PracticeTimeZone::parse(zone).unwrap());
    let origin = Origin {
        document: "0f3c1a52-7c1e-4b0a-9d7e-5a1b2c3d4e5f".parse().unwrap(),
        site_id: &SiteId::parse("71001").unwrap(),
        practice_name: Some("Wirrabeen Family Practice"),
        time_zone: zone.as_ref(),
        read_at: "2026-03-02T09:30:00.123456789Z".parse().unwrap(),
    };
    serde_json::to_value(document(record, &origin)).unwrap()
}

fn written(record: &IdentifiedRecord) -> Value {
    written_in(record, Some("Australia/Brisbane"))
}

fn with(change: impl FnOnce(&mut Sections)) -> Value {
    let mut sections = sections("Words");
    change(&mut sections);
    let document = written(&of(person(), sections));
    assert_conforms(&document);
    document
}

fn section<'a>(document: &'a Value, code: &str) -> &'a Value {
    let sections = document["entry"][0]["resource"]["section"].as_array().unwrap();
    sections.iter().find(|section| section["code"]["coding"][0]["code"] == code).unwrap()
}

fn resources<'a>(document: &'a Value, kind: &str) -> Vec<&'a Value> {
    let entries = document["entry"].as_array().unwrap().iter().map(|entry| &entry["resource"]);
    entries.filter(|resource| resource["resourceType"] == kind).collect()
}

/// The code of the only entry of a section of which nothing is known. A remark says why.
fn stand_in<'a>(document: &'a Value, kind: &str) -> &'a Value {
    let all = resources(document, kind);
    assert_eq!(all.len(), 1);
    assert!(all[0]["note"][0]["text"].is_string(), "{}", all[0]);
    let member = if kind == "MedicationStatement" { "medicationCodeableConcept" } else { "code" };
    let code = &all[0][member]["coding"][0];
    assert_eq!(code["system"], "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips");
    &code["code"]
}

#[test]
fn a_full_record_is_a_valid_document() {
    let document = written(&everything());
    assert_conforms(&document);
    assert_eq!(document["timestamp"], "2026-03-02T09:30:00.123Z");
    assert_eq!(document["entry"][0]["resource"]["section"].as_array().unwrap().len(), 7);
}

#[test]
fn the_checks_find_what_is_wrong() {
    let whole = written(&everything());
    let broken = |pointer: &str, value: Value| {
        let mut document = whole.clone();
        *document.pointer_mut(pointer).unwrap() = value;
        faults(&document)
    };
    for (pointer, value) in [
        ("/type", json!("collection")),
        ("/entry/0/fullUrl", json!("urn:uuid:1")),
        ("/entry/1/fullUrl", whole["entry"][2]["fullUrl"].clone()),
        ("/entry/0/resource/status", json!("finished")),
        ("/entry/0/resource/section/0/entry", json!([])),
        ("/entry/0/resource/section/0/code/coding/0/code", json!("1-8")),
        ("/entry/0/resource/section/0/entry/0/reference", json!("urn:uuid:nobody")),
        (
            "/entry/0/resource/section/0/text/div",
            json!("<div xmlns=\"http://www.w3.org/1999/xhtml\"><p></div>"),
        ),
        ("/entry/1/resource/birthDate", Value::Null),
        ("/entry/1/resource/birthDate", json!("1957-3-14")),
        ("/entry/1/resource/name", json!([])),
        ("/entry/1/resource/unknownMember", json!("x")),
        ("/entry/4/resource/code", json!({})),
    ] {
        let mut document = whole.clone();
        if pointer.ends_with("unknownMember") {
            document["entry"][1]["resource"]["unknownMember"] = value;
            assert!(!faults(&document).is_empty(), "an unknown member was taken");
        } else {
            assert!(!broken(pointer, value.clone()).is_empty(), "{pointer} = {value} was taken");
        }
    }
}

#[test]
fn nil_known_and_not_recorded_and_unreadable_stay_three_answers() {
    let document = with(|all| {
        all.allergies = Some(Section::conclude(vec![], NilMarker::Nil, &[]));
        all.past_history = Some(Section::conclude(vec![], NilMarker::Nil, &[]));
        all.family_history = Some(Section::conclude(vec![], NilMarker::Silent, &[]));
        all.medications = Some(Section::conclude(vec![], NilMarker::Silent, &[DENIED]));
        all.immunisations = Some(Section::conclude(vec![], NilMarker::Silent, &[OLD]));
    });
    let allergies = resources(&document, "AllergyIntolerance");
    assert_eq!(allergies.len(), 1);
    let codes = allergies[0]["code"]["coding"].as_array().unwrap();
    assert_eq!(codes.len(), 1);
    assert_eq!(codes[0]["code"], "716186003");
    let problems = resources(&document, "Condition");
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0]["code"]["coding"][0]["code"], "160245001");
    assert_eq!(resources(&document, "MedicationStatement").len(), 1);
    assert_eq!(stand_in(&document, "MedicationStatement"), "no-medication-info");
    for (code, reason) in [("10157-6", "notstarted"), ("11369-6", "unavailable")] {
        let section = section(&document, code);
        assert_eq!(section["emptyReason"]["coding"][0]["code"], reason, "{code}");
    }
    let told = section(&document, "10160-0").to_string();
    assert!(told.contains("Bp does not let us read this") && told.contains("BPS_Reactions"));
}

#[test]
fn an_unreadable_allergy_list_is_never_no_known_allergies() {
    let document =
        with(|all| all.allergies = Some(Section::conclude(vec![], NilMarker::Nil, &[DENIED])));
    assert_eq!(stand_in(&document, "AllergyIntolerance"), "no-allergy-info");
    let section = section(&document, "48765-2");
    assert!(section["emptyReason"].is_null());
    assert!(section["text"]["div"].to_string().contains("Bp does not let us read this"));
}

#[test]
fn a_list_that_lost_rows_is_not_complete_and_an_empty_one_is_unavailable() {
    const LOST: Unreadable =
        Unreadable { reason: ProblemType::MalformedAnswer, view: "BPS_Reactions", rows: 2 };
    let none = with(|all| all.allergies = Some(Section::conclude(vec![], NilMarker::Nil, &[LOST])));
    assert_eq!(stand_in(&none, "AllergyIntolerance"), "no-allergy-info");
    let empty = section(&none, "48765-2");
    assert!(empty["text"]["div"].to_string().contains("This could not be read"));
    assert!(!none.to_string().contains("No known allerg"), "{empty}");

    let some = with(|all| {
        let items = all.allergies.take().unwrap().items;
        all.allergies = Some(Section::conclude(items, NilMarker::Nil, &[LOST]));
    });
    let partly = section(&some, "48765-2");
    assert!(partly["entry"].is_array() && partly["emptyReason"].is_null());
    for read in [&partly["text"]["div"], &partly["extension"]] {
        let read = read.to_string();
        assert!(read.contains("not complete") && read.contains("2 rows"), "{read}");
    }
    assert!(!some.to_string().contains("No known allerg"));
}

#[test]
fn a_value_that_could_not_be_read_is_left_out_and_named_in_its_resource_and_for_people() {
    let document = with(|all| {
        let allergies = all.allergies.as_mut().unwrap();
        allergies.items.truncate(1);
        (allergies.items[0].severity, allergies.items[0].unreadable) = (None, vec!["severity"]);
        let medications = all.medications.as_mut().unwrap();
        medications.items.truncate(1);
        let medication = &mut medications.items[0];
        (medication.when_needed, medication.record_id, medication.repeats) = (None, None, None);
        medication.unreadable = vec!["recordId", "whenNeeded", "repeats"];
        let vaccines = all.immunisations.as_mut().unwrap();
        vaccines.items.truncate(1);
        let vaccine = &mut vaccines.items[0];
        (vaccine.not_given_here, vaccine.unreadable) = (None, vec!["notGivenHere"]);
    });
    for (kind, loinc, words) in [
        ("AllergyIntolerance", "48765-2", "Could not be read: severity"),
        ("MedicationStatement", "10160-0", "Could not be read: record id, when needed, repeats"),
        ("Immunization", "11369-6", "Could not be read: not given here"),
    ] {
        let resource = resources(&document, kind).remove(0);
        assert!(resource["note"].to_string().contains(words), "{resource}");
        assert!(section(&document, loinc)["text"]["div"].as_str().unwrap().contains(words));
    }
    let medication = resources(&document, "MedicationStatement").remove(0);
    assert!(
        medication["identifier"].is_null() && medication["dosage"][0]["asNeededBoolean"].is_null()
    );
    assert!(resources(&document, "Immunization")[0]["primarySource"].is_null());
}

#[test]
fn what_contradicts_itself_or_is_incomplete_says_so_beside_its_entries() {
    let document = with(|all| {
        let items = all.allergies.take().unwrap().items;
        all.allergies = Some(Section::conclude(items, NilMarker::Nil, &[DENIED]));
    });
    let section = section(&document, "48765-2");
    assert!(section["entry"].is_array());
    let notes: Vec<&str> = section["extension"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["valueAnnotation"]["text"].as_str().unwrap())
        .collect();
    assert_eq!(notes.len(), 2);
    assert_eq!(notes[0], domain::clinical::remarks::NIL_BUT_LISTED);
    assert!(notes[1].contains("BPS_Reactions"), "{notes:?}");
    let div = section["text"]["div"].as_str().unwrap();
    assert!(notes.iter().all(|note| div.contains(note)), "{div}");
}

#[test]
fn a_summary_of_some_sections_says_of_the_necessary_ones_that_nobody_asked() {
    let all = sections("Words");
    let only = Sections { observations: all.observations, ..Sections::default() };
    let document = written(&of(person(), only));
    assert_conforms(&document);
    let sections = document["entry"][0]["resource"]["section"].as_array().unwrap();
    assert_eq!(sections.len(), 4);
    for code in ["11450-4", "10160-0", "48765-2"] {
        let section = section(&document, code);
        assert!(section["emptyReason"].is_null());
        assert_eq!(section["entry"].as_array().unwrap().len(), 1);
        assert!(section["text"]["div"].as_str().unwrap().contains("not asked for"));
    }
    for (kind, code) in [
        ("Condition", "no-problem-info"),
        ("MedicationStatement", "no-medication-info"),
        ("AllergyIntolerance", "no-allergy-info"),
    ] {
        assert_eq!(stand_in(&document, kind), code);
    }
    assert_eq!(SectionName::ALL.len(), 7, "a section that this crate does not write");
}

#[test]
fn a_patient_without_a_date_of_birth_or_a_name_is_still_a_valid_one() {
    let mut record = everything();
    record.identity.date_of_birth = None;
    record.identity.first_name = None;
    assert_conforms(&written(&record));
    record.identity.last_name = None;
    record.identity.middle_name = None;
    record.identity.title = None;
    let document = written(&record);
    assert_conforms(&document);
    let name = &resources(&document, "Patient")[0]["name"][0];
    assert!(name["text"].is_null(), "{name}");
    assert_eq!(name["_family"]["extension"][0]["valueCode"], "unknown");
}

#[test]
fn a_time_of_day_has_the_practices_zone_or_stays_a_remark() {
    let at = |zone| {
        let document = written_in(&everything(), zone);
        assert_conforms(&document);
        let pressure = resources(&document, "Observation")
            .into_iter()
            .find(|one| one["code"]["coding"][0]["code"] == "85354-9")
            .unwrap();
        (pressure["effectiveDateTime"].clone(), pressure["note"].to_string())
    };
    let (when, note) = at(Some("Australia/Brisbane"));
    assert_eq!(when, "2026-01-23T09:15:30+10:00");
    assert!(!note.contains("09:15"));
    assert_eq!(at(Some("Australia/Sydney")).0, "2026-01-23T09:15:30+11:00");
    let (when, note) = at(None);
    assert_eq!(when, "2026-01-23");
    assert!(note.contains("2026-01-23T09:15"), "{note}");
}

#[test]
fn a_value_is_a_quantity_only_where_it_is_a_number_with_a_unit() {
    let value = |kind: ObservationKind, text: &str, unit: Option<&'static str>| {
        let document = with(|all| {
            let measured = all.observations.as_mut().unwrap();
            measured.items.truncate(1);
            let item = &mut measured.items[0];
            (item.code, item.value, item.unit) = (kind, Some(text.to_owned()), unit);
            all.social = None;
        });
        let found = resources(&document, "Observation").remove(0).clone();
        (found["valueQuantity"].clone(), found["valueString"].clone())
    };
    let (quantity, _) = value(ObservationKind::Weight, "82.50", Some("kg"));
    assert_eq!(quantity["code"], "kg");
    assert_eq!(quantity["value"].to_string(), "82.5", "read back as a float");
    let (quantity, _) = value(ObservationKind::BloodSugar, ">27.8", Some("mmol/L"));
    assert_eq!(
        (quantity["comparator"].as_str(), quantity["value"].as_f64()),
        (Some(">"), Some(27.8))
    );
    let (quantity, _) = value(ObservationKind::Temperature, "36.6", Some("\u{b0}C"));
    assert_eq!((&quantity["unit"], &quantity["code"]), (&json!("\u{b0}C"), &json!("Cel")));
    for (kind, text, unit) in [
        (ObservationKind::BloodSugar, "about 8", Some("mmol/L")),
        (ObservationKind::WaistHipRatio, "0.9", None),
        (ObservationKind::Other, "++", None),
    ] {
        assert_eq!(value(kind, text, unit), (Value::Null, json!(text)));
    }
}

#[test]
fn half_a_blood_pressure_says_that_the_other_is_unknown() {
    let document = with(|all| {
        let measured = all.observations.as_mut().unwrap();
        let mut half = measured.items[1].clone();
        assert_eq!(half.code, ObservationKind::BloodPressure);
        (half.code, half.diastolic) = (ObservationKind::SystolicPressure, None);
        measured.items = vec![half];
        all.social = None;
    });
    let pressure = resources(&document, "Observation").remove(0);
    assert_eq!(pressure["component"][0]["valueQuantity"]["code"], "mm[Hg]");
    let missing = &pressure["component"][1];
    assert_eq!(missing["dataAbsentReason"]["coding"][0]["code"], "unknown");
    assert!(missing["valueQuantity"].is_null());
}

#[test]
fn every_word_of_a_record_is_in_a_resource_and_in_what_people_read() {
    // Each text of this record is a different word. All of them must be in the document.
    let record = everything();
    let document = written(&record);
    let mut words = Vec::new();
    collect(&serde_json::to_value(&record.sections).unwrap(), &mut words);
    // Sexuality is left out on purpose.
    let circumstances = record.sections.social.iter().flat_map(|social| &social.items);
    let left_out: Vec<&String> = circumstances
        .filter_map(|item| match item {
            SocialItem::Circumstances(item) => item.sexuality.as_ref(),
            _ => None,
        })
        .collect();
    assert_eq!(left_out.len(), 1);
    assert!(!document.to_string().contains(left_out[0].as_str()));
    words.retain(|word| !left_out.contains(&word));
    let words: Vec<&String> = words.iter().filter(|word| word.starts_with("Word")).collect();
    assert!(words.len() > 40, "{words:?}");
    let mut entries = document["entry"].as_array().unwrap().clone();
    let composition = entries.remove(0).to_string();
    let resources = Value::Array(entries).to_string();
    for word in words {
        assert!(resources.contains(word.as_str()), "{word} is in no resource");
        assert!(composition.contains(word.as_str()), "{word} is in no narrative");
    }
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(members) => members.values().for_each(|member| collect(member, found)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn whatever_people_type_into_bp_the_document_is_valid(text in "\\PC{0,12}[<>&\"'\\x00-\\x20\u{a0}\u{2028}\u{fffe}]{0,4}\\PC{0,12}") {
        let mut identity = person();
        for part in [&mut identity.title, &mut identity.first_name, &mut identity.last_name, &mut identity.sex, &mut identity.gender, &mut identity.ihi] {
            *part = Some(text.clone());
        }
        identity.address.line1 = Some(text.clone());
        identity.phones.home = Some(text.clone());
        let document = written(&of(identity, sections(&text)));
        let faults = faults(&document);
        prop_assert!(faults.is_empty(), "{faults:?}");
    }
}
