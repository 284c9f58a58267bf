//! Unexpected values in the answer, and what is lost by them.

use proptest::prelude::*;

use super::*;

/// The section that a source is read for.
fn sections_of(source: Source) -> &'static str {
    match source.column {
        "History" | "HistoryMarker" => "pastHistory",
        "Medications" => "medications",
        "Reactions" | "AllergyMarker" | "AllergyCode" => "allergies",
        "Family" | "Relatives" | "FamilyMarker" => "familyHistory",
        "Tobacco" | "Alcohol" | "Circumstances" | "Occupations" => "social",
        "Observations" => "observations",
        _ => "immunisations",
    }
}

#[test]
fn a_source_that_was_not_read_is_unavailable_and_never_an_empty_section() {
    for source in SOURCES {
        for unread in [json!(-1), Value::Null, json!("none"), json!({})] {
            let sections = wire(json!({ source.error: unread }));
            let section = &sections[sections_of(source)];
            assert_eq!(section["status"], "unavailable", "{}", source.column);
            assert_eq!(section["problem"]["type"], "malformed-answer");
            assert_eq!(section["problem"]["unreadable"], json!([source.view]));
            assert_eq!(
                sections["medications"]["status"] == "unavailable",
                source.column == "Medications"
            );
        }
    }
}

#[test]
fn what_is_not_the_promised_json_makes_its_own_section_unavailable() {
    for source in SOURCES {
        for wrong in [json!("{"), json!("{}"), json!("\"text\""), json!(7), json!({}), json!([])] {
            let sections = wire(json!({ source.column: wrong }));
            for (name, section) in sections.as_object().unwrap() {
                let is_it = name == sections_of(source);
                let status = if is_it { "unavailable" } else { "notRecorded" };
                assert_eq!(section["status"], status, "{name}, {}: {wrong}", source.column);
            }
        }
    }
}

#[test]
fn an_answer_without_our_row_is_malformed_and_no_row_is_no_patient() {
    assert!(answer(json!({ "PatientId": null })).is_err());
    assert_eq!(sections(&[], &SectionName::ALL, &built_in()), Ok(None));
}

#[test]
fn a_lost_allergy_never_looks_like_a_complete_list_or_like_nil_known() {
    for lost in [
        json!(1),
        json!({}),
        json!({ "severity": "Severe" }),
        json!({ "item": [], "reaction": {} }),
    ] {
        let penicillin = json!({ "item": "Penicillin", "severity": "Severe" });
        let some = wire(json!({ "Reactions": json!([lost, penicillin, lost]).to_string() }));
        let some = &some["allergies"];
        assert_eq!(some["status"], "recorded", "{lost}");
        assert_eq!(some["items"].as_array().unwrap().len(), 1);
        assert_eq!(some["problem"]["type"], "malformed-answer");
        assert_eq!(some["problem"]["unreadableRows"], 2);
        assert!(some["note"].as_str().unwrap().contains("not complete"), "{some}");

        let none = wire(json!({
            "Reactions": json!([lost]).to_string(),
            "AllergyMarker": r#"[{"word": "Nil known"}]"#,
            "AllergyCode": r#"[{"code": 1}]"#,
        }));
        assert_eq!(none["allergies"]["status"], "unavailable", "{lost}");
        assert_eq!(none["allergies"]["problem"]["unreadableRows"], 1);
    }
    // The comment on a reaction is shown, although the reaction itself is unreadable.
    let comment = wire(
        json!({ "Reactions": r#"[{"item": 7.5, "reaction": true, "comment": "Bee stings"}]"# }),
    );
    let item = &comment["allergies"]["items"][0];
    assert_eq!((&item["item"], &item["comment"]), (&json!("7.5"), &json!("Bee stings")));
    assert_eq!(item["unreadable"], json!(["reaction"]));
}

/// A row of each source without any fault.
fn sound(source: Source) -> Value {
    match source.column {
        "History" => {
            json!({ "id": 1, "day": 1, "month": 2, "year": 2011, "condition": "Asthma", "conditionCode": 3,
            "status": "Active", "side": "Left", "severity": "Mild", "acute": "No", "summary": "Yes", "fracture": "Yes",
            "displaced": "No", "compound": "No", "comminuted": "No", "spiral": "No", "greenstick": "No",
            "details": "Words", "snomed": "1", "recordedOn": "2011-02-01" })
        }
        "Medications" => {
            json!({ "id": 1, "name": "Drug", "dose": "1", "frequency": "daily", "food": "with",
            "otherDetail": "x", "prn": "No", "instructions": "y", "routeCode": 1, "quantity": 30, "unit": "tablets",
            "repeats": 0, "indication": "z", "firstDate": "2020-01-01", "lastDate": "2020-01-02", "productId": 4,
            "recordedOn": "2020-01-01" })
        }
        "Reactions" => {
            json!({ "item": "Penicillin", "reaction": "Rash", "severity": "Mild", "comment": "Words" })
        }
        "Family" => {
            json!({ "unknown": "No", "fatherAlive": "No", "fatherAge": 70, "fatherCause": "Stroke",
            "motherAlive": "Yes", "motherAge": 0, "motherCause": " ", "comment": "Words" })
        }
        "Relatives" => {
            json!({ "relation": "Aunt", "condition": "Asthma", "diseaseCode": 1, "comment": "Words" })
        }
        "Tobacco" => {
            json!({ "status": "Smoker", "type": "Pipe", "perDay": 1, "yearStarted": 1990, "pastStatus": "Smoker",
            "pastPerDay": 2, "pastStarted": 1980, "pastStopped": 1985 })
        }
        "Alcohol" => {
            json!({ "nonDrinker": "No", "daysPerWeek": 1, "drinksPerDay": 2, "description": "Words",
            "pastLevel": "Heavy", "yearStarted": 1990, "yearStopped": 2000, "comment": "Words" })
        }
        "Circumstances" => {
            json!({ "smokingStatus": "Smoker", "bloodGroup": "A", "retired": "Yes", "maritalStatus": "Single",
            "sexuality": "x", "eliteSports": "No", "paceMaker": "No", "socialHistory": "Words", "recreation": "Bowls",
            "accommodation": "House", "livesWith": "Alone", "hasCarer": "No", "isCarer": "No",
            "advanceCareDirective": 1, "powerOfAttorney": 1 })
        }
        "Occupations" => {
            json!({ "occupation": "Miner", "description": "x", "employer": "y", "yearStarted": 1990,
            "yearStopped": 2000, "asbestos": "Yes", "dust": "Yes", "radiation": "No", "animals": "No",
            "comment": "Words", "adfStatus": 1 })
        }
        "Observations" => {
            json!({ "id": 1, "code": 2, "name": "Pulse", "value": "72", "date": "2026-05-23",
            "time": 33_300, "modifier": 1, "provider": "Dr" })
        }
        "Immunisations" => {
            json!({ "id": 1, "givenOn": "2026-05-23", "notGivenHere": 1, "vaccine": "Tetanus",
            "vaccineId": 1, "batchNumber": "x", "sequence": 1, "siteCode": 1, "routeCode": 1, "consentCode": 1,
            "comment": "Words", "provider": "Dr" })
        }
        "AllergyCode" => json!({ "code": 2 }),
        _ => json!({ "word": "Recorded" }),
    }
}

#[test]
fn a_cell_that_cannot_be_understood_costs_its_own_member_and_is_named() {
    let listed = SOURCES.into_iter().filter(|source| {
        !["HistoryMarker", "AllergyMarker", "AllergyCode", "FamilyMarker"].contains(&source.column)
    });
    for source in listed {
        let row = sound(source);
        let name = sections_of(source);
        let whole = wire(json!({ source.column: json!([row]).to_string() }))[name].clone();
        assert_eq!(whole["status"], "recorded", "{}", source.column);
        assert!(whole["note"].is_null() && whole["problem"].is_null(), "{whole}");
        let whole = whole["items"].as_array().unwrap();
        for column in row.as_object().unwrap().keys() {
            let mut odd = row.clone();
            odd[column] = json!(["odd"]);
            let section = &wire(json!({ source.column: json!([odd]).to_string() }))[name];
            assert_eq!(section["status"], "recorded", "{column} of {}", source.column);
            assert!(section["note"].as_str().unwrap().contains("could not be read"), "{column}");
            let items = section["items"].as_array().unwrap();
            // If no entry can name the column, the row counts as unreadable.
            let lost = section["problem"]["unreadableRows"] == 1;
            assert_eq!(
                lost,
                source.column == "Family" && ["unknown", "comment"].contains(&column.as_str())
            );
            if lost {
                assert!(items.iter().all(|item| whole.contains(item)), "{column}");
                continue;
            }
            let named: Vec<&Value> =
                items.iter().filter_map(|item| item.get("unreadable")).collect();
            assert_eq!(named.len(), 1, "{column} of {}: {section}", source.column);
            assert_eq!(named[0].as_array().unwrap().len(), 1, "{column}: {named:?}");
            for item in items.iter().filter(|item| !whole.contains(item)) {
                let changed = item.as_object().unwrap().iter().filter(|(member, value)| {
                    !whole.iter().any(|was| was.get(member.as_str()) == Some(value))
                });
                let changed: Vec<_> = changed.map(|(member, _)| member.as_str()).collect();
                // "unreadable" itself and one member. If an observation's code is unreadable, its
                // meaning changes too.
                assert!(changed.len() <= 2 || column == "code", "{column}: {changed:?}");
            }
        }
    }
}

#[test]
fn a_row_that_does_not_say_what_it_is_about_is_lost_and_what_is_merely_blank_is_not() {
    for (source, naming) in [
        (HISTORY, &["condition", "conditionCode", "snomed", "details"][..]),
        (MEDICATIONS, &["name", "productId", "instructions"]),
        (REACTIONS, &["item", "reaction", "comment"]),
        (RELATIVES, &["condition", "diseaseCode", "comment"]),
        (OCCUPATIONS, &["occupation", "description", "employer", "comment"]),
        (OBSERVATIONS, &["code", "name", "value"]),
        (IMMUNISATIONS, &["vaccine", "vaccineId", "comment"]),
    ] {
        let status = |row: Value| {
            let section =
                &wire(json!({ source.column: json!([row]).to_string() }))[sections_of(source)];
            section["status"].as_str().unwrap().to_owned()
        };
        let mut row = sound(source);
        for column in naming {
            row[*column] = json!({});
        }
        assert_eq!(status(row.clone()), "unavailable", "{}", source.column);
        for column in naming {
            let mut named = row.clone();
            named[*column] = sound(source)[*column].clone();
            assert_eq!(status(named), "recorded", "{column} of {}", source.column);
        }
        let mut blank = sound(source);
        for column in naming {
            blank[*column] = if blank[*column].is_number() { json!(0) } else { json!(" ") };
        }
        let says_nothing = source.column == "Reactions";
        assert_eq!(
            status(blank),
            if says_nothing { "unavailable" } else { "recorded" },
            "{}",
            source.column
        );
    }
    for source in [TOBACCO, ALCOHOL, CIRCUMSTANCES] {
        let mut row = sound(source);
        for (_, value) in row.as_object_mut().unwrap() {
            *value = if value.is_number() { json!(0) } else { json!("") };
        }
        let section = wire(json!({ source.column: json!([row]).to_string() }))["social"].clone();
        assert_eq!(section, json!({ "status": "notRecorded", "items": [] }), "{}", source.column);
        let flag = json!({ "nonDrinker": "Y", "perDay": null, "retired": "Y" });
        row.as_object_mut().unwrap().extend(flag.as_object().unwrap().clone());
        let section = &wire(json!({ source.column: json!([row]).to_string() }))["social"];
        assert_eq!(section["status"], "unavailable", "{}", source.column);
    }
}

#[test]
fn lost_rows_are_counted_for_each_view_that_lost_some() {
    let family = json!([sound(FAMILY), 7, 8]).to_string();
    let section = &wire(json!({ "Family": family, "Relatives": "[7]" }))["familyHistory"];
    let views = json!(["BPS_FamilyHistory", "BPS_FamilyHistoryDetail"]);
    assert_eq!(section["problem"]["unreadable"], views);
    assert_eq!(section["problem"]["unreadableRows"], 3);
}

#[test]
fn a_vaccine_was_given_here_or_elsewhere() {
    for (number, elsewhere) in [(0, false), (1, true)] {
        let mut row = sound(IMMUNISATIONS);
        row["notGivenHere"] = json!(number);
        let found = wire(json!({ "Immunisations": json!([row]).to_string() }));
        assert_eq!(found["immunisations"]["items"][0]["notGivenHere"], elsewhere);
    }
}

#[test]
fn a_marker_that_cannot_be_read_never_lets_nil_known_be_said() {
    let status = |changes: Value| wire(changes)["allergies"]["status"].as_str().unwrap().to_owned();
    let (nil, one) = (r#"[{"word": "Nil known"}]"#, r#"[{"code": 1}]"#);
    assert_eq!(status(json!({ "AllergyMarker": nil, "AllergyCode": one })), "nilKnown");
    assert_eq!(status(json!({ "AllergyCode": one })), "nilKnown");
    assert_eq!(status(json!({ "AllergyMarker": nil })), "nilKnown");
    for (marker, code, is) in [
        (r#"[{"word": "Nil known"}, 7]"#, one, "unavailable"),
        (nil, r#"[{"code": 1}, 7]"#, "unavailable"),
        (r#"[{"word": ["Nil known"]}]"#, "[]", "notRecorded"),
        (r#"[{"word": "Nil known"}, {"word": {}}]"#, "[]", "notRecorded"),
        (nil, r#"[{"code": "one"}]"#, "notRecorded"),
        (nil, r#"[{}]"#, "notRecorded"),
        (nil, r#"[{"code": 0}]"#, "notRecorded"),
        (nil, r#"[{"code": 2}]"#, "notRecorded"),
        (r#"[{"word": "Recorded"}]"#, one, "notRecorded"),
    ] {
        assert_eq!(
            status(json!({ "AllergyMarker": marker, "AllergyCode": code })),
            is,
            "{marker} {code}"
        );
    }
    // If a login may not read one of the two, or an older statement lacks it, the other one decides.
    for error in [229, 207, 1205] {
        assert_eq!(status(json!({ "AllergyMarker": nil, "AllergyCodeError": error })), "nilKnown");
        assert_eq!(status(json!({ "AllergyMarkerError": error, "AllergyCode": one })), "nilKnown");
        let neither = wire(json!({ "AllergyMarkerError": error, "AllergyCodeError": error }));
        assert_eq!(
            neither["allergies"]["problem"]["unreadable"],
            json!(["BPS_Clinical", "CLINICAL"])
        );
        let no_row = json!({ "AllergyMarkerError": error, "AllergyCode": "[]" });
        assert_eq!(status(no_row), "unavailable", "nobody says anything");
    }
    let mut row = json!({ "PatientId": 1, "Reactions": null, "ReactionsError": 0, "AllergyMarker": nil,
        "AllergyMarkerError": 0 });
    let mut ask = |error: Option<i64>| {
        if let Some(error) = error {
            row["AllergyCodeError"] = json!(error);
        }
        let found = sections(&decoded(&row), &[SectionName::Allergies], &built_in());
        found.unwrap().unwrap().allergies.unwrap().status
    };
    assert_eq!(ask(None), SectionStatus::NilKnown, "a statement from before there was a code");
    assert_eq!(ask(Some(0)), SectionStatus::Unavailable, "read, and not there");
}

fn junk() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        prop::sample::select(vec!["Yes", "No", "Nil known", "2026-02-30", "86400", "-1"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-z]{1,6}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    /// A failure prints its seed and the smallest junk that shows it.
    #[test]
    fn whatever_is_in_a_cell_the_import_answers_and_the_other_sections_are_unchanged(
        place in 0..SOURCES.len(), cell in any::<prop::sample::Index>(), where_ in 0..5_u8, junk in junk(),
    ) {
        let all = |source: Source, rows: Value| (source.column.to_owned(), json!(rows.to_string()));
        let mut changes: serde_json::Map<String, Value> =
            SOURCES.into_iter().map(|source| all(source, json!([sound(source)]))).collect();
        let before = wire(Value::Object(changes.clone()));
        let source = SOURCES[place];
        let mut row = sound(source);
        let keys: Vec<String> = row.as_object().unwrap().keys().cloned().collect();
        row[cell.get(&keys)] = junk.clone();
        let (column, value) = match where_ {
            0 => (source.error.to_owned(), junk),
            1 => (source.column.to_owned(), junk),
            2 => (source.column.to_owned(), json!(junk.to_string())),
            3 => all(source, json!([sound(source), junk])),
            _ => all(source, json!([row])),
        };
        changes.insert(column, value);
        let after = wire(Value::Object(changes));
        for (name, section) in before.as_object().unwrap() {
            if name != sections_of(source) {
                prop_assert_eq!(&after[name], section, "{} changed", name);
            }
        }
        let allergies = &after["allergies"];
        prop_assert!(allergies["status"] != "nilKnown", "{}", allergies);
    }
}
