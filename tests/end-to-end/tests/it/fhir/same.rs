//! Compares a document with the JSON import, member by member. A member of the JSON that is not compared
//! here fails the test.

use std::collections::BTreeSet;

use end_to_end::Answer;
use serde_json::Value;

/// A section of the JSON, and the sections of the document that hold its items. The first always exists.
const SECTIONS: [(&str, &[&str]); 7] = [
    ("pastHistory", &["11450-4", "11348-0", "47519-4"]),
    ("medications", &["10160-0"]),
    ("allergies", &["48765-2"]),
    ("familyHistory", &["10157-6"]),
    ("social", &["29762-2"]),
    ("observations", &["8716-3", "30954-2"]),
    ("immunisations", &["11369-6"]),
];

/// The items that the practice does not keep out of summaries.
fn shown(items: &Value) -> Vec<&Value> {
    items.as_array().unwrap().iter().filter(|item| item["inSummary"] != false).collect()
}

/// The sections of these codes that the document has.
fn parts<'a>(document: &'a Value, codes: &[&str]) -> Vec<&'a Value> {
    let sections = document["entry"][0]["resource"]["section"].as_array().unwrap();
    let code = |section: &Value| section["code"]["coding"][0]["code"].as_str().unwrap().to_owned();
    codes
        .iter()
        .filter_map(|wanted| sections.iter().find(|section| code(section) == *wanted))
        .collect()
}

/// Whether the entry says only that there is nothing, or that nothing is known: it is no record of Bp.
fn is_stand_in(document: &Value, entry: &Value) -> bool {
    const CODES: [&str; 6] = [
        "no-problem-info",
        "no-medication-info",
        "no-allergy-info",
        "160245001",
        "787481004",
        "716186003",
    ];
    let entries = document["entry"].as_array().unwrap();
    let resource = entries.iter().find(|one| one["fullUrl"] == entry["reference"]).unwrap();
    let resource = resource["resource"].to_string();
    CODES.iter().any(|code| resource.contains(&format!("\"code\":\"{code}\"")))
}

/// Fails unless each section has the same status, the same number of items and the same remarks.
#[track_caller]
pub(super) fn assert_same_statuses(json: &Answer, document: &Value) {
    for (name, codes) in SECTIONS {
        let from = json.at(&format!("/sections/{name}"));
        let parts = parts(document, codes);
        let entries: usize =
            parts.iter().map(|part| part["entry"].as_array().map_or(0, Vec::len)).sum();
        let items = shown(&from["items"]).len();
        let left_out = from["items"].as_array().unwrap().len() - items;
        let first = parts[0];
        // The first section always lists something: that there is nothing, or that nothing is known.
        let is_required = ["allergies", "pastHistory", "medications"].contains(&name);
        let has_stand_in = is_required && is_stand_in(document, &first["entry"][0]);
        assert_eq!(entries, items + usize::from(has_stand_in), "{name}");
        let reason = first["emptyReason"]["coding"][0]["code"].as_str();
        let expected = match from["status"].as_str().unwrap() {
            "recorded" => None,
            "nilKnown" => (!is_required).then_some("nilknown"),
            "notRecorded" => (!is_required).then_some("notstarted"),
            other => panic!("{name} is {other}"),
        };
        assert_eq!(reason, expected, "{name}");
        let note = &first["extension"][0]["valueAnnotation"]["text"];
        if from["note"].is_null() && left_out > 0 {
            assert!(note.as_str().unwrap().contains("left out"), "{name}: {note}");
        } else {
            assert_eq!(*note, from["note"], "{name}");
        }
    }
}

/// Fails unless the document has the same content as the JSON.
#[track_caller]
pub(super) fn assert_same(json: &Answer, document: &Value) {
    assert_same_statuses(json, document);
    assert_eq!(*json.at("/sections/pastHistory/problem"), Value::Null);
    for (name, codes) in SECTIONS {
        let items = shown(json.at(&format!("/sections/{name}/items")));
        let parts = parts(document, codes);
        for (place, item) in items.into_iter().enumerate() {
            let (section, resource) = counterpart(document, &parts, item, place);
            let mut pair = Pair { item, resource, compared: BTreeSet::new() };
            match name {
                "pastHistory" => pair.past_history(),
                "medications" => pair.medication(),
                "allergies" => pair.allergy(),
                "familyHistory" => pair.family(),
                "social" => pair.social(),
                "observations" => pair.observation(),
                _ => pair.immunisation(),
            }
            pair.finish(section["text"]["div"].as_str().unwrap());
        }
    }
}

/// An item's section and resource. Items of one section have the same order there. Items that are in several
/// sections are found by their record number.
fn counterpart<'a>(
    document: &'a Value,
    parts: &[&'a Value],
    item: &Value,
    place: usize,
) -> (&'a Value, &'a Value) {
    let number = [&item["recordId"], &item["recordIds"][0]].into_iter().find_map(text);
    let all = parts.iter().flat_map(|part| {
        let entries = part["entry"].as_array().into_iter().flatten();
        entries.map(|entry| (*part, resolved(document, entry)))
    });
    let found = match number {
        Some(number) => {
            let has = |one: &Value| one["identifier"][0]["value"].as_str() == Some(&number);
            all.into_iter().find(|(_, resource)| has(resource))
        }
        None => all.into_iter().nth(place),
    };
    found.unwrap_or_else(|| panic!("{item} is nowhere"))
}

fn resolved<'a>(document: &'a Value, reference: &Value) -> &'a Value {
    let entries = document["entry"].as_array().unwrap();
    let found = entries.iter().find(|entry| entry["fullUrl"] == reference["reference"]);
    &found.unwrap_or_else(|| panic!("{reference} is nowhere"))["resource"]
}

/// A value as text. `None` for null and for "no".
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Bool(false) => None,
        Value::Bool(true) => Some("yes".to_owned()),
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

struct Pair<'a> {
    item: &'a Value,
    resource: &'a Value,
    compared: BTreeSet<&'static str>,
}

impl Pair<'_> {
    #[track_caller]
    fn equal(&mut self, member: &'static str, found: Option<String>) {
        let (item, resource) = (self.item, self.resource);
        assert_eq!(found, text(&item[member]), "{member} of {item} in {resource}");
        self.compared.insert(member);
    }

    /// The member is at this place in the resource.
    #[track_caller]
    fn at(&mut self, member: &'static str, pointer: &str) {
        let found = self.resource.pointer(pointer).and_then(text);
        self.equal(member, found);
    }

    /// The member is one of Bp's own codes.
    #[track_caller]
    fn coded(&mut self, member: &'static str, pointer: &str, system: &str) {
        let codings = self.resource.pointer(pointer).and_then(Value::as_array);
        let found = codings
            .into_iter()
            .flatten()
            .find(|coding| coding["system"].as_str().unwrap().ends_with(system))
            .and_then(|coding| text(&coding["code"]));
        self.equal(member, found);
    }

    /// The member is a remark.
    #[track_caller]
    fn noted(&mut self, member: &'static str, label: &str) {
        let found = self.remark(label);
        self.equal(member, found);
    }

    fn remark(&self, label: &str) -> Option<String> {
        let notes = self.resource["note"].as_array();
        notes
            .into_iter()
            .flatten()
            .find_map(|note| note["text"].as_str()?.strip_prefix(label)?.strip_prefix(": "))
            .map(str::to_owned)
    }

    /// The member is a part of an observation.
    #[track_caller]
    fn part(&mut self, member: &'static str, label: &str) {
        let parts = self.resource["component"].as_array();
        let found = parts
            .into_iter()
            .flatten()
            .find(|part| part["code"]["text"] == label)
            .and_then(|part| text(&part["valueString"]));
        self.equal(member, found);
    }

    /// The member is at this place, in lower case.
    #[track_caller]
    fn word_at(&mut self, member: &'static str, pointer: &str) {
        let found = text(self.resource.pointer(pointer).unwrap_or(&Value::Null));
        let expected = text(&self.item[member]).map(|word| word.to_lowercase());
        assert_eq!(found, expected, "{member} of {}", self.item);
        self.compared.insert(member);
    }

    /// Fails if a member was not compared, or if the narrative does not show it.
    fn finish(self, div: &str) {
        for (member, value) in self.item.as_object().unwrap() {
            // Documents leave it out on purpose.
            if member == "sexuality" {
                assert!(!div.contains("Sexuality"));
                continue;
            }
            assert!(
                self.compared.contains(member.as_str()),
                "{member} of {} not compared",
                self.item
            );
            let Some(words) =
                value.as_str().filter(|_| !["code", "kind", "relation"].contains(&member.as_str()))
            else {
                continue;
            };
            let escaped = words
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&quot;")
                .replace('\'', "&#39;");
            assert!(div.contains(&escaped), "nobody can read {member}: {words}");
        }
    }

    fn past_history(&mut self) {
        self.at("recordId", "/identifier/0/value");
        self.at("condition", "/code/text");
        self.coded("conditionCode", "/code/coding", "/bp/condition-id");
        self.coded("snomed", "/code/coding", "snomed.info/sct");
        self.at("side", "/bodySite/0/text");
        if self.resource["resourceType"] == "Procedure" {
            self.at("date", "/performedDateTime");
            self.noted("status", "Status");
            self.noted("severity", "Severity");
            self.noted("recordedOn", "Recorded");
        } else {
            self.at("date", "/onsetDateTime");
            self.word_at("status", "/clinicalStatus/coding/0/code");
            self.at("severity", "/severity/text");
            self.at("recordedOn", "/recordedDate");
        }
        self.noted("acute", "Acute");
        self.noted("inSummary", "Included in the practice's summaries");
        self.noted("details", "Details");
        let kinds = self.item["fracture"].as_object().map(|fracture| {
            let kinds: Vec<&str> = ["displaced", "compound", "comminuted", "spiral", "greenstick"]
                .into_iter()
                .filter(|kind| fracture[*kind] == true)
                .collect();
            if kinds.is_empty() { "yes".to_owned() } else { kinds.join(", ") }
        });
        assert_eq!(self.remark("Fracture"), kinds);
        self.compared.insert("fracture");
    }

    fn medication(&mut self) {
        self.at("recordId", "/identifier/0/value");
        self.at("name", "/medicationCodeableConcept/text");
        self.coded("productId", "/medicationCodeableConcept/coding", "/bp/product-id");
        self.at("frequency", "/dosage/0/timing/code/text");
        self.at("whenNeeded", "/dosage/0/asNeededBoolean");
        self.at("instructions", "/dosage/0/patientInstruction");
        self.coded("routeCode", "/dosage/0/route/coding", "/bp/route");
        self.noted("quantity", "Quantity of one script");
        self.noted("unit", "Unit");
        self.noted("repeats", "Repeats");
        self.at("indication", "/reasonCode/0/text");
        self.at("firstDate", "/effectivePeriod/start");
        if self.item["lastDate"].is_null() {
            self.at("recordedOn", "/dateAsserted");
            self.compared.insert("lastDate");
        } else {
            self.at("lastDate", "/dateAsserted");
            self.noted("recordedOn", "Recorded");
        }
        let dosage = &self.resource["dosage"][0];
        let whole = dosage["text"].as_str().unwrap_or_default();
        let extra = dosage["additionalInstruction"].to_string();
        for member in ["dose", "food", "otherDetail"] {
            let words = text(&self.item[member]).unwrap_or_default();
            assert!(whole.contains(&words), "{member}: {words} is not in {whole}");
            assert!(member == "dose" || extra.contains(&words), "{member} is not in {extra}");
            self.compared.insert(member);
        }
    }

    fn allergy(&mut self) {
        self.at("item", "/code/text");
        self.at("reaction", "/reaction/0/manifestation/0/text");
        self.word_at("severity", "/reaction/0/severity");
        self.noted("comment", "Comment");
        self.at("recordedOn", "/recordedDate");
    }

    fn family(&mut self) {
        self.compared.insert("kind");
        match self.item["kind"].as_str().unwrap() {
            "familyUnknown" => assert_eq!(self.resource["status"], "health-unknown"),
            "comment" => self.noted("text", "Comment"),
            "relative" => {
                self.at("relation", "/relationship/text");
                self.at("condition", "/condition/0/code/text");
                self.coded("diseaseCode", "/condition/0/code/coding", "/bp/disease-code");
                self.noted("comment", "Comment");
            }
            "parent" => self.parent(),
            other => panic!("a family item of kind {other}"),
        }
    }

    fn parent(&mut self) {
        let code = if self.item["relation"] == "father" { "FTH" } else { "MTH" };
        assert_eq!(self.resource["relationship"]["coding"][0]["code"], code);
        self.compared.insert("relation");
        self.at("causeOfDeath", "/condition/0/code/text");
        let age = &self.resource["deceasedAge"];
        let deceased = &self.resource["deceasedBoolean"];
        let alive = match (age.is_object(), deceased.as_bool()) {
            (true, _) => Some(false),
            (false, deceased) => deceased.map(|deceased| !deceased),
        };
        assert_eq!(alive, self.item["alive"].as_bool(), "{}", self.item);
        self.compared.insert("alive");
        self.at("ageAtDeath", "/deceasedAge/value");
    }

    fn social(&mut self) {
        self.compared.insert("kind");
        if self.item["kind"] == "tobacco" {
            return self.tobacco();
        }
        let parts: &[(&'static str, &str)] = match self.item["kind"].as_str().unwrap() {
            "alcohol" => &[
                ("nonDrinker", "Non-drinker"),
                ("daysPerWeek", "Days a week"),
                ("drinksPerDay", "Drinks a day"),
                ("description", "Description"),
                ("pastLevel", "Past level"),
                ("yearStarted", "Started"),
                ("yearStopped", "Stopped"),
                ("comment", "Comment"),
            ],
            "circumstances" => &[
                ("socialHistory", "Social history"),
                ("recreation", "Recreation"),
                ("accommodation", "Accommodation"),
                ("livesWith", "Lives with"),
                ("hasCarer", "Has a carer"),
                ("isCarer", "Is a carer"),
                ("maritalStatus", "Marital status"),
                ("retired", "Retired"),
                ("eliteSports", "Elite sports"),
                ("bloodGroup", "Blood group"),
                ("pacemaker", "Pacemaker"),
                ("advanceCareDirective", "Advance care directive, Bp's code"),
                ("powerOfAttorney", "Power of attorney, Bp's code"),
            ],
            _ => &[
                ("occupation", "Occupation"),
                ("description", "Description"),
                ("employer", "Employer"),
                ("yearStarted", "Started"),
                ("yearStopped", "Stopped"),
                ("asbestos", "Exposed to asbestos"),
                ("dust", "Exposed to dust"),
                ("radiation", "Exposed to radiation"),
                ("animals", "Exposed to animals"),
                ("comment", "Comment"),
                ("adfStatus", "Defence force status, Bp's code"),
            ],
        };
        for (member, label) in parts {
            self.part(member, label);
        }
    }

    fn tobacco(&mut self) {
        self.at("status", "/valueCodeableConcept/text");
        for (member, label) in [
            ("type", "Type"),
            ("perDay", "A day"),
            ("yearStarted", "Started"),
            ("pastStatus", "Past status"),
            ("pastPerDay", "A day in the past"),
            ("pastYearStarted", "Started in the past"),
            ("pastYearStopped", "Stopped"),
        ] {
            self.noted(member, label);
        }
        for other in self.item["otherStatuses"].as_array().into_iter().flatten() {
            assert!(self.resource["note"].to_string().contains(other.as_str().unwrap()));
        }
        self.compared.insert("otherStatuses");
    }

    fn observation(&mut self) {
        self.at("name", "/code/text");
        self.coded("bpCode", "/code/coding", "/bp/observation-code");
        self.at("provider", "/performer/0/display");
        self.noted("modifier", "Modifier, Bp's code");
        let numbers: Vec<String> = self.resource["identifier"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|one| text(&one["value"]))
            .collect();
        let own: Vec<String> =
            self.item["recordIds"].as_array().unwrap().iter().filter_map(text).collect();
        assert_eq!(numbers, own);
        let code = self.item["code"].as_str().unwrap();
        let loinc = match code {
            "temperature" => Some("8310-5"),
            "pulse" => Some("8867-4"),
            "bloodPressure" | "systolicPressure" | "diastolicPressure" => Some("85354-9"),
            "bloodSugar" => Some("15074-8"),
            "height" => Some("8302-2"),
            "weight" => Some("29463-7"),
            "bodyMassIndex" => Some("39156-5"),
            "headCircumference" => Some("9843-4"),
            "waist" => Some("8280-0"),
            _ => None,
        };
        let first = &self.resource["code"]["coding"][0];
        let found =
            (first["system"] == "http://loinc.org").then(|| first["code"].as_str().unwrap());
        assert_eq!(found, loinc, "{code}");
        // Brisbane's time zone: the local time, and ten hours less in UTC.
        let at = self.item["observedAt"].as_str().unwrap_or_default();
        let effective = self.resource["effectiveDateTime"].as_str().unwrap_or_default();
        assert!(effective.starts_with(at), "{effective} is not {at}");
        assert!(effective.ends_with("+10:00") == (at.len() > 10), "{effective} for {at}");
        let unit = self.item["unit"].as_str();
        if loinc == Some("85354-9") {
            for (place, half) in ["systolic", "diastolic"].into_iter().enumerate() {
                let part = &self.resource["component"][place];
                assert_measured(part, self.item[half].as_str(), unit);
            }
            let halves: Vec<&str> = ["systolic", "diastolic"]
                .iter()
                .filter_map(|half| self.item[half].as_str())
                .collect();
            assert_eq!(self.item["value"], halves.join("/"));
        } else {
            assert_measured(self.resource, self.item["value"].as_str(), unit);
        }
        self.compared.extend([
            "code",
            "recordIds",
            "observedAt",
            "value",
            "unit",
            "systolic",
            "diastolic",
        ]);
    }

    fn immunisation(&mut self) {
        self.at("recordId", "/identifier/0/value");
        self.at("givenOn", "/occurrenceDateTime");
        self.at("vaccine", "/vaccineCode/text");
        self.coded("vaccineId", "/vaccineCode/coding", "/bp/vaccine-id");
        self.at("batchNumber", "/lotNumber");
        self.at("sequence", "/protocolApplied/0/doseNumberPositiveInt");
        self.coded("siteCode", "/site/coding", "/bp/vaccine-site");
        self.coded("routeCode", "/route/coding", "/bp/vaccine-route");
        self.noted("consentCode", "Consent, Bp's code");
        self.noted("comment", "Comment");
        if self.item["notGivenHere"] == false {
            self.at("provider", "/performer/0/actor/display");
        } else {
            self.noted("provider", "Recorded by");
        }
        assert_eq!(self.resource["primarySource"], self.item["notGivenHere"] == false);
        self.compared.insert("notGivenHere");
    }
}

/// If Bp's text is a number, the value is that number with the unit. Otherwise it is Bp's text, or a remark.
#[track_caller]
fn assert_measured(found: &Value, text: Option<&str>, unit: Option<&str>) {
    let quantity = &found["valueQuantity"];
    let Some(number) = quantity["value"].as_f64() else {
        // A vital sign must be a number, so another text is a remark.
        if found["dataAbsentReason"]["coding"][0]["code"] == "as-text" {
            return assert!(text.is_some() && found["valueString"].is_null());
        }
        assert_eq!(found["valueString"].as_str(), text);
        return;
    };
    let digits = text.unwrap().trim_start_matches(['<', '>', '=', ' ']);
    assert_eq!(Some(number), digits.parse().ok(), "{quantity} is not {text:?}");
    let bound = quantity["comparator"].as_str().unwrap_or_default();
    assert!(
        text.unwrap().starts_with(bound)
            && digits.starts_with(|c: char| c.is_ascii_digit() || c == '-')
    );
    assert_eq!(quantity["unit"].as_str(), unit);
}
