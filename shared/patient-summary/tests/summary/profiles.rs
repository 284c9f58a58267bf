//! What the profiles of AU Patient Summary, AU Core and the International Patient Summary demand, and what the
//! document must not say.

use crate::conformance::assert_conforms;
use crate::records::{self, everything, person, sections};
use domain::clinical::{
    FamilyItem, IdentifiedRecord, Identity, NilMarker, ObservationKind, Parent, ParentRelation,
    PastHistory, Section, Sections, SocialItem, Tobacco,
};
use domain::ids::SiteId;
use domain::patient::PatientStatus;
use jiff::civil::date;
use patient_summary::{Origin, document};
use serde_json::{Value, json};

fn written(record: &IdentifiedRecord) -> Value {
    let origin = Origin {
        document: "0f3c1a52-7c1e-4b0a-9d7e-5a1b2c3d4e5f".parse().unwrap(),
        site_id: &SiteId::parse("71001").unwrap(),
        practice_name: Some("Wirrabeen Family Practice"),
        time_zone: None,
        read_at: "2026-03-02T09:30:00Z".parse().unwrap(),
    };
    let document = serde_json::to_value(document(record, &origin)).unwrap();
    assert_conforms(&document);
    document
}

fn with(change: impl FnOnce(&mut Sections)) -> Value {
    let mut sections = sections("Words");
    change(&mut sections);
    written(&records::of(person(), sections))
}

fn of(identity: Identity) -> Value {
    let document = written(&records::of(identity, Sections::default()));
    resources(&document, "Patient").remove(0).clone()
}

fn history(items: Vec<PastHistory>) -> Value {
    with(|all| all.past_history = Some(Section::conclude(items, NilMarker::Silent, &[])))
}

fn condition(name: &str, change: impl FnOnce(&mut PastHistory)) -> PastHistory {
    let mut item = sections("Words").past_history.unwrap().items.remove(0);
    item.condition = Some(name.to_owned());
    item.snomed = None;
    change(&mut item);
    item
}

fn resources<'a>(document: &'a Value, kind: &str) -> Vec<&'a Value> {
    let entries = document["entry"].as_array().unwrap().iter().map(|entry| &entry["resource"]);
    entries.filter(|resource| resource["resourceType"] == kind).collect()
}

fn section<'a>(document: &'a Value, code: &str) -> Option<&'a Value> {
    let sections = document["entry"][0]["resource"]["section"].as_array().unwrap();
    sections.iter().find(|section| section["code"]["coding"][0]["code"] == code)
}

/// The resources of a section.
fn entries<'a>(document: &'a Value, code: &str) -> Vec<&'a Value> {
    let section = section(document, code).unwrap_or_else(|| panic!("no section {code}"));
    let references = section["entry"].as_array().into_iter().flatten();
    let all = document["entry"].as_array().unwrap();
    references
        .map(|one| {
            let found = all.iter().find(|entry| entry["fullUrl"] == one["reference"]).unwrap();
            &found["resource"]
        })
        .collect()
}

fn observation<'a>(document: &'a Value, code: &str) -> &'a Value {
    let all = resources(document, "Observation");
    let has = |one: &Value| one["code"]["coding"].to_string().contains(code);
    all.into_iter().find(|one| has(one)).unwrap()
}

#[test]
fn every_claim_names_its_version() {
    let document = written(&everything());
    let entries = document["entry"].as_array().unwrap();
    let mut claims: Vec<&str> = Vec::new();
    for resource in entries.iter().map(|entry| &entry["resource"]).chain([&document]) {
        let own = resource["meta"]["profile"].as_array().into_iter().flatten();
        claims.extend(own.map(|claim| claim.as_str().unwrap()));
    }
    assert!(claims.iter().all(|claim| claim.contains('|')), "{claims:?}");
    for claim in [
        "http://hl7.org.au/fhir/ps/StructureDefinition/au-ps-bundle|1.0.0",
        "http://hl7.org.au/fhir/ps/StructureDefinition/au-ps-composition|1.0.0",
        "http://hl7.org.au/fhir/ps/StructureDefinition/au-ps-patient|1.0.0",
        "http://hl7.org.au/fhir/ps/StructureDefinition/au-ps-organization|1.0.0",
        "http://hl7.org.au/fhir/ps/StructureDefinition/au-ps-condition|1.0.0",
        "http://hl7.org.au/fhir/ps/StructureDefinition/au-ps-smokingstatus|1.0.0",
        "http://hl7.org.au/fhir/core/StructureDefinition/au-core-bloodpressure|2.0.0",
        "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips|2.0.0",
        "http://hl7.org/fhir/uv/ips/StructureDefinition/Composition-uv-ips|2.0.0",
        "http://hl7.org/fhir/uv/ips/StructureDefinition/Patient-uv-ips|2.0.0",
    ] {
        assert!(claims.contains(&claim), "no {claim}");
    }
    assert!(!document.to_string().contains("urn:practice-bridge"));
}

#[test]
fn a_missing_surname_says_that_it_is_unknown_and_invents_none() {
    let patient = of(Identity { last_name: None, ..person() });
    let name = &patient["name"][0];
    assert!(name["family"].is_null());
    assert_eq!(
        name["_family"]["extension"],
        json!([{
            "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
            "valueCode": "unknown"
        }])
    );
    assert_eq!(name["given"], json!(["Marguerite", "Ann"]));
    assert!(of(person())["name"][0]["_family"].is_null());
}

#[test]
fn a_patient_has_what_the_practice_knows_of_them() {
    let patient = of(person());
    let ext = &patient["extension"][0];
    assert_eq!(ext["url"], "http://hl7.org.au/fhir/StructureDefinition/indigenous-status");
    assert_eq!(ext["valueCoding"]["code"], "3");
    assert!(patient["telecom"].to_string().contains("peg@example.org"));
    assert_eq!(patient["generalPractitioner"][0]["display"], "Dr Ada Quill");
    let of_type = |code: &str| {
        let all = patient["identifier"].as_array().unwrap();
        let found = all.iter().filter(|one| one["type"]["coding"][0]["code"] == code);
        found.cloned().collect::<Vec<_>>()
    };
    assert_eq!(of_type("MC")[0]["value"], "29500000411");
    assert_eq!(of_type("MC")[0]["period"]["end"], "2027-11");
    assert_eq!(of_type("MR").len(), 2);
    assert_eq!(of_type("MR")[1]["value"], "C-1234");
    for number in of_type("MR") {
        assert_eq!(number["assigner"]["display"], "Wirrabeen Family Practice");
    }
    let other = of(Identity {
        ethnicity: Some("New Zealander".to_owned()),
        medicare_expiry: Some("soon".to_owned()),
        ..person()
    });
    assert!(
        !other.to_string().contains("indigenous-status") && !other.to_string().contains("soon")
    );
}

#[test]
fn a_patient_who_has_died_has_the_day_or_else_says_only_so() {
    let alive = of(person());
    assert!(alive["deceasedBoolean"].is_null() && alive["deceasedDateTime"].is_null());
    assert_eq!(alive["active"], true);
    let died = |status, date_of_death| {
        let patient = of(Identity { status, date_of_death, ..person() });
        assert_ne!(patient["active"], true);
        (patient["deceasedBoolean"].clone(), patient["deceasedDateTime"].clone())
    };
    let day = Some(date(2026, 1, 5));
    for status in [PatientStatus::Active, PatientStatus::Inactive, PatientStatus::Deceased] {
        assert_eq!(died(status, day), (Value::Null, json!("2026-01-05")), "{status:?}");
    }
    assert_eq!(died(PatientStatus::Deceased, None), (json!(true), Value::Null));
}

#[test]
fn smoking_is_a_status_without_components_and_the_rest_are_remarks() {
    let tobacco = Tobacco {
        status: Some("Ex smoker".to_owned()),
        past_per_day: Some(30),
        ..Tobacco::default()
    };
    let smokes = |tobacco: Tobacco| {
        let document = with(|all| {
            let items = vec![SocialItem::Tobacco(tobacco)];
            all.social = Some(Section::conclude(items, NilMarker::Silent, &[]));
        });
        observation(&document, "72166-2").clone()
    };
    let found = smokes(tobacco);
    let codes: Vec<&Value> =
        found["code"]["coding"].as_array().unwrap().iter().map(|one| &one["code"]).collect();
    assert_eq!(codes, ["1747861000168109", "72166-2"]);
    assert!(found["component"].is_null());
    assert_eq!(found["valueCodeableConcept"]["coding"][0]["code"], "8517006");
    assert!(found["note"].to_string().contains("A day in the past: 30"));
    let silent = smokes(Tobacco::default());
    assert!(silent["valueCodeableConcept"].is_null());
    assert_eq!(silent["dataAbsentReason"]["coding"][0]["code"], "unknown");
}

/// AU PS allows one smoking status. Two would make the whole document false.
#[test]
fn a_second_entry_about_tobacco_is_shown_but_is_no_second_status() {
    let of = |status: Option<&str>, per_day| {
        SocialItem::Tobacco(Tobacco {
            status: status.map(str::to_owned),
            per_day: Some(per_day),
            ..Tobacco::default()
        })
    };
    let document = with(|all| {
        let items = vec![of(None, 3), of(Some("Smoker"), 20), of(Some("Ex smoker"), 7)];
        all.social = Some(Section::conclude(items, NilMarker::Silent, &[]));
    });
    let text = document.to_string();
    assert_eq!(text.matches("1747861000168109").count(), 1);
    let status = observation(&document, "72166-2");
    assert_eq!(status["valueCodeableConcept"]["coding"][0]["code"], "77176002");
    for shown in ["A day: 3", "Ex smoker", "A day: 7"] {
        assert!(text.contains(shown), "{shown}");
    }
}

#[test]
fn a_vital_sign_that_is_no_number_says_so_and_keeps_its_words() {
    let document = with(|all| {
        let measured = all.observations.as_mut().unwrap();
        measured.items[0].value = Some("about 80".to_owned());
        measured.items[1].systolic = Some("high".to_owned());
    });
    let weight = observation(&document, "29463-7");
    assert!(weight["valueString"].is_null() && weight["valueQuantity"].is_null());
    assert_eq!(weight["dataAbsentReason"]["coding"][0]["code"], "as-text");
    assert!(weight["note"].to_string().contains("about 80"));
    let pressure = observation(&document, "85354-9");
    let systolic = &pressure["component"][0];
    assert!(systolic["valueString"].is_null());
    assert_eq!(systolic["dataAbsentReason"]["coding"][0]["code"], "as-text");
    assert!(pressure["note"].to_string().contains("high"));
}

#[test]
fn vital_signs_have_the_codes_of_snomed_ct_too() {
    let document = written(&everything());
    let pressure = observation(&document, "85354-9");
    assert_eq!(pressure["code"]["coding"][1]["code"], "75367002");
    for (place, code) in ["271649006", "271650006"].into_iter().enumerate() {
        assert_eq!(pressure["component"][place]["code"]["coding"][1]["code"], code);
    }
    assert_eq!(observation(&document, "29463-7")["code"]["coding"][1]["code"], "27113001");
    let waist = with(|all| {
        all.observations.as_mut().unwrap().items[0].code = ObservationKind::Waist;
    });
    let waist = observation(&waist, "8280-0");
    assert_eq!(waist["category"][0]["coding"][0]["code"], "vital-signs");
    assert_eq!(waist["code"]["coding"][1]["code"], "276361009");
}

#[test]
fn whoever_did_not_give_a_vaccine_is_not_named_as_who_gave_it() {
    for (elsewhere, gave_it) in [(Some(true), false), (None, false), (Some(false), true)] {
        let document = with(|all| {
            let vaccines = all.immunisations.as_mut().unwrap();
            vaccines.items[0].not_given_here = elsewhere;
            vaccines.items[0].provider = Some("Dr Ada Quill".to_owned());
        });
        let vaccine = resources(&document, "Immunization").remove(0);
        assert_eq!(vaccine["performer"].is_array(), gave_it, "{elsewhere:?}");
        let noted = vaccine["note"].to_string().contains("Recorded by: Dr Ada Quill");
        assert_eq!(noted, !gave_it, "{elsewhere:?}");
    }
}

#[test]
fn alcohol_circumstances_and_occupation_are_values_that_viewers_show() {
    let document = written(&everything());
    for (code, words) in [("11331-6", "Days a week: 2"), ("11341-5", "Exposed to dust: yes")] {
        let value = observation(&document, code)["valueString"].as_str().unwrap().to_owned();
        assert!(value.contains(words), "{value}");
    }
    let all = resources(&document, "Observation");
    let lives = all.iter().find(|one| one["code"]["text"] == "Social circumstances").unwrap();
    assert!(lives["valueString"].as_str().unwrap().contains("Pacemaker: yes"));
}

#[test]
fn present_problems_past_problems_and_procedures_are_three_sections() {
    let status = |word: &str| Some(word.to_owned());
    let document = history(vec![
        condition("Asthma", |one| one.status = status("Active")),
        condition("Unclear", |one| one.status = None),
        condition("Pneumonia", |one| one.status = status("Inactive")),
        condition("Appendicectomy", |one| one.snomed = status(" 80146002 ")),
        condition("Appendicitis", |one| one.snomed = status("74400008")),
    ]);
    let names = |code: &str| -> Vec<String> {
        let all = entries(&document, code).into_iter();
        all.map(|one| one["code"]["text"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("11450-4"), ["Asthma", "Unclear", "Appendicitis"]);
    assert_eq!(names("11348-0"), ["Pneumonia"]);
    assert_eq!(names("47519-4"), ["Appendicectomy"]);
    let operation = resources(&document, "Procedure").remove(0);
    assert_eq!(operation["status"], "completed");
    assert_eq!(operation["performedDateTime"], "2011-05");
    assert_eq!(operation["code"]["coding"][0]["code"], "80146002");
    let past = history(vec![condition("Pneumonia", |one| one.status = status("Inactive"))]);
    assert_eq!(entries(&past, "11450-4")[0]["code"]["coding"][0]["code"], "no-problem-info");
}

#[test]
fn an_unreadable_box_withholds_its_entry_and_a_column_that_nobody_fills_withholds_none() {
    let unreadable = |one: &mut PastHistory| {
        one.in_summary = None;
        one.unreadable = vec!["inSummary"];
    };
    let null = |one: &mut PastHistory| one.in_summary = None;
    let document =
        history(vec![condition("Asthma", |_| {}), condition("Private matter", unreadable)]);
    assert!(!document.to_string().contains("matter"));
    assert!(document.to_string().contains("1 entry of the past history is left out"));
    let alone = history(vec![condition("Private matter", unreadable)]);
    assert!(!alone.to_string().contains("matter"));
    let beside = history(vec![condition("Private matter", null), condition("Asthma", |_| {})]);
    assert!(!beside.to_string().contains("matter"));
    let without = history(vec![condition("Asthma", null), condition("Gout", null)]);
    assert_eq!(entries(&without, "11450-4").len(), 2);
    assert!(!without.to_string().contains("left out"));
}

#[test]
fn present_problems_are_withheld_only_if_a_present_problem_is() {
    let past = |one: &mut PastHistory| {
        one.status = Some("Inactive".to_owned());
        one.in_summary = Some(false);
    };
    let document = history(vec![condition("Old matter", past)]);
    let problems = section(&document, "11450-4").unwrap()["text"]["div"].to_string();
    assert!(problems.contains("No present problem is recorded"), "{problems}");
    assert!(!problems.contains("does not include this in summaries"), "{problems}");
    assert!(problems.contains("1 entry of the past history is left out"), "{problems}");
}

#[test]
fn only_a_sex_that_is_neither_male_nor_female_is_other() {
    for (word, gender) in [
        ("Male", "male"),
        ("Female", "female"),
        ("Other", "other"),
        ("Indeterminate", "other"),
        ("Intersex ", "other"),
        ("Unknown", "unknown"),
        ("Not stated", "unknown"),
        ("Zzz", "unknown"),
        ("", "unknown"),
    ] {
        let patient = of(Identity { sex: Some(word.to_owned()), ..person() });
        assert_eq!(patient["gender"], gender, "{word}");
    }
}

#[test]
fn nothing_contributed_to_the_death_of_a_living_parent() {
    let parent = |alive| {
        let document = with(|all| {
            let items = vec![FamilyItem::Parent(Parent {
                relation: ParentRelation::Father,
                alive,
                age_at_death: None,
                cause_of_death: Some("Stroke".to_owned()),
                unreadable: Vec::new(),
            })];
            all.family_history = Some(Section::conclude(items, NilMarker::Silent, &[]));
        });
        resources(&document, "FamilyMemberHistory").remove(0).clone()
    };
    let living = parent(Some(true));
    assert!(living["condition"].is_null(), "{living}");
    assert!(living["note"].to_string().contains("Cause of death: Stroke"));
    assert_eq!(parent(Some(false))["condition"][0]["contributedToDeath"], true);
}

#[test]
fn what_the_practice_keeps_out_of_summaries_is_left_out_and_counted_but_not_named() {
    let document = history(vec![
        condition("Asthma", |_| {}),
        condition("Private matter", |one| one.in_summary = Some(false)),
        condition("Another matter", |one| one.in_summary = Some(false)),
    ]);
    let text = document.to_string();
    assert!(!text.contains("matter"));
    assert!(text.contains("Asthma"));
    let problems = section(&document, "11450-4").unwrap();
    for read in [&problems["extension"], &problems["text"]["div"]] {
        assert!(read.to_string().contains("2 entries of the past history are left out"), "{read}");
    }
    let all_of_it = history(vec![condition("Matter", |one| one.in_summary = Some(false))]);
    let problems = section(&all_of_it, "11450-4").unwrap()["text"]["div"].to_string();
    assert!(problems.contains("The practice does not include this in summaries"));
    assert_eq!(entries(&all_of_it, "11450-4")[0]["code"]["coding"][0]["code"], "no-problem-info");
    assert!(!all_of_it.to_string().contains("No significant past history"));
}

#[test]
fn a_side_has_no_code_and_a_number_of_bps_has_words() {
    let document = history(vec![condition("Sprain", |one| one.side = Some("Left".to_owned()))]);
    let sprain = resources(&document, "Condition").remove(0);
    assert_eq!(sprain["bodySite"], json!([{ "text": "Left" }]));
    let vaccine = resources(&document, "Immunization").remove(0);
    assert_eq!(vaccine["route"]["text"], "Bp code 2");
    assert_eq!(vaccine["site"]["text"], "Bp code 1");
    let medication = resources(&document, "MedicationStatement").remove(0);
    assert_eq!(medication["dosage"][0]["route"]["text"], "Bp code 2");
    assert_eq!(medication["dateAsserted"], "2026-01-05");
}

#[test]
fn blood_sugar_is_a_test_result_and_no_vital_sign() {
    let sugar = |provider: Option<&str>| {
        with(|all| {
            let item = &mut all.observations.as_mut().unwrap().items[0];
            item.code = ObservationKind::BloodSugar;
            item.provider = provider.map(str::to_owned);
        })
    };
    let document = sugar(Some("Dr Ada Quill"));
    let results = entries(&document, "30954-2");
    assert_eq!(results.len(), 1);
    assert_eq!(results[0]["code"]["coding"][0]["code"], "15074-8");
    assert_eq!(results[0]["category"][0]["coding"][0]["code"], "laboratory");
    assert!(results[0]["meta"].to_string().contains("au-ps-diagnosticresult-path|1.0.0"));
    assert!(!entries(&document, "8716-3").is_empty());
    // The profile demands a performer.
    assert!(entries(&sugar(None), "30954-2")[0]["meta"].is_null());
}

#[test]
fn the_software_is_the_author_and_the_practice_keeps_the_document() {
    let document = written(&everything());
    let composition = &document["entry"][0]["resource"];
    let kind = |reference: &Value| {
        let all = document["entry"].as_array().unwrap();
        let found = all.iter().find(|entry| &entry["fullUrl"] == reference).unwrap();
        found["resource"]["resourceType"].clone()
    };
    assert_eq!(composition["author"].as_array().unwrap().len(), 1);
    assert_eq!(kind(&composition["author"][0]["reference"]), "Device");
    assert_eq!(kind(&composition["custodian"]["reference"]), "Organization");
    assert_eq!(document["language"], "en-AU");
    assert!(document.to_string().contains(r#"xml:lang=\"en-AU\""#));
    let ages: Vec<&Value> = resources(&document, "FamilyMemberHistory")
        .into_iter()
        .map(|one| &one["deceasedAge"])
        .filter(|age| age.is_object())
        .collect();
    assert_eq!((&ages[0]["unit"], &ages[0]["code"]), (&json!("years"), &json!("a")));
}

#[test]
fn a_text_only_allergy_has_a_name_that_every_viewer_shows() {
    let document = with(|all| {
        all.allergies.as_mut().unwrap().items[0].item = Some("Penicillin".to_owned());
    });
    let allergy = resources(&document, "AllergyIntolerance").remove(0);
    assert_eq!(allergy["code"]["text"], "Penicillin");
    assert_eq!(allergy["code"]["coding"], json!([{ "display": "Penicillin" }]));
}
