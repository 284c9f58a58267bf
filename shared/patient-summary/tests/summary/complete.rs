//! Every fact of the JSON import is in the document: in the item's resource, where programs and viewers read it,
//! and in the narrative, which people read.

use domain::clinical::SectionName;
use domain::ids::SiteId;
use patient_summary::{Origin, document};
use serde_json::Value;

use crate::records::everything;

/// The sections of the JSON, and those of the document that hold their items in the same order.
const SECTIONS: [(&str, &[&str]); 7] = [
    ("pastHistory", &["11450-4"]),
    ("medications", &["10160-0"]),
    ("allergies", &["48765-2"]),
    ("familyHistory", &["10157-6"]),
    ("social", &["29762-2"]),
    ("observations", &["8716-3"]),
    ("immunisations", &["11369-6"]),
];

/// What says that a box is ticked, in the resource (or `None` if a member of its own says it) and for people.
const BOXES: [(&str, Option<&str>, &str); 17] = [
    ("acute", Some("Acute: yes"), "Acute: yes"),
    ("inSummary", Some("summaries: yes"), "summaries: yes"),
    ("displaced", Some("displaced"), "displaced"),
    ("comminuted", Some("comminuted"), "comminuted"),
    ("whenNeeded", None, "Only when needed: yes"),
    ("notGivenHere", None, "Given by somebody else: yes"),
    ("nonDrinker", Some("Non-drinker: yes"), "Non-drinker: yes"),
    ("retired", Some("Retired: yes"), "Retired: yes"),
    ("pacemaker", Some("Pacemaker: yes"), "Pacemaker: yes"),
    ("asbestos", Some("Exposed to asbestos: yes"), "Exposed to asbestos: yes"),
    ("dust", Some("Exposed to dust: yes"), "Exposed to dust: yes"),
    ("radiation", Some("Exposed to radiation: yes"), "Exposed to radiation: yes"),
    ("animals", Some("Exposed to animals: yes"), "Exposed to animals: yes"),
    ("alive", None, "Alive: yes"),
    ("compound", None, ""),
    ("spiral", None, ""),
    ("greenstick", None, ""),
];

/// Numbers for programs. People do not need them.
const FOR_PROGRAMS: [&str; 7] =
    ["recordId", "recordIds", "bpCode", "conditionCode", "productId", "vaccineId", "diseaseCode"];

/// Names of this API's own, for which the document has codes.
const NAMES: [&str; 2] = ["kind", "code"];

/// What is left out of documents on purpose: no profile asks for it, and nobody chose to send it.
const LEFT_OUT: [&str; 1] = ["sexuality"];

#[test]
fn every_fact_of_the_json_import_is_in_its_resource_and_in_what_people_read() {
    let record = everything();
    let origin = Origin {
        document: "0f3c1a52-7c1e-4b0a-9d7e-5a1b2c3d4e5f".parse().unwrap(),
        site_id: &SiteId::parse("71001").unwrap(),
        practice_name: None,
        time_zone: None,
        read_at: "2026-03-02T09:30:00Z".parse().unwrap(),
    };
    let written = serde_json::to_value(document(&record, &origin)).unwrap();
    let import = serde_json::to_value(&record.sections).unwrap();
    assert_eq!(import.as_object().unwrap().len(), SectionName::ALL.len());
    let mut facts = 0;
    for (name, codes) in SECTIONS {
        let sections = written["entry"][0]["resource"]["section"].as_array().unwrap();
        let of_codes =
            |one: &&Value| codes.iter().any(|code| one["code"]["coding"][0]["code"] == *code);
        let section = sections.iter().find(of_codes).unwrap();
        let narrative = section["text"]["div"].as_str().unwrap();
        let items = import[name]["items"].as_array().unwrap();
        let items = items.iter().filter(|item| item["inSummary"] != false);
        for (item, reference) in items.zip(section["entry"].as_array().unwrap()) {
            let resource = resolved(&written, reference);
            let mut values = Vec::new();
            leaves(None, resource, &mut values);
            let shown: Vec<String> = values.into_iter().map(|(_, value)| text(value)).collect();
            let mut wanted = Vec::new();
            leaves(None, item, &mut wanted);
            for (member, value) in wanted {
                let found = Found { member, value, item, shown: &shown, narrative };
                facts += usize::from(found.check());
            }
        }
    }
    assert!(facts > 110, "only {facts} facts were compared");
}

fn resolved<'a>(document: &'a Value, reference: &Value) -> &'a Value {
    let entries = document["entry"].as_array().unwrap();
    let found = entries.iter().find(|entry| entry["fullUrl"] == reference["reference"]);
    &found.unwrap_or_else(|| panic!("{reference} is nowhere"))["resource"]
}

/// All values that are no lists or objects, with the member's name.
fn leaves<'a>(name: Option<&'a str>, value: &'a Value, found: &mut Vec<(&'a str, &'a Value)>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| leaves(name, item, found)),
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| leaves(Some(name), member, found));
        }
        Value::Null => {}
        value => found.push((name.unwrap_or_default(), value)),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether `words` contains the value as a whole: 2 is not in 20. FHIR's codes are in lower case.
fn contains(words: &str, value: &str) -> bool {
    let (words, value) = (&words.to_lowercase(), &value.to_lowercase());
    words.match_indices(value.as_str()).any(|(at, _)| {
        let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        !is_part(words[..at].chars().next_back())
            && !is_part(words[at + value.len()..].chars().next())
    })
}

struct Found<'a> {
    member: &'a str,
    value: &'a Value,
    item: &'a Value,
    shown: &'a [String],
    narrative: &'a str,
}

impl Found<'_> {
    /// Whether there is a fact. Fails if it is nowhere.
    fn check(&self) -> bool {
        if LEFT_OUT.contains(&self.member) {
            assert!(!self.narrative.contains("Sexuality"));
            return false;
        }
        if NAMES.contains(&self.member) {
            return false;
        }
        let is_shown = |words: &str| self.shown.iter().any(|one| contains(one, words));
        let (member, item) = (self.member, self.item);
        if let Some(is_ticked) = self.value.as_bool() {
            let known = BOXES.iter().find(|(name, _, _)| *name == member);
            let (_, resource, people) = known.unwrap_or_else(|| panic!("a new box {member}"));
            if !is_ticked {
                return false;
            }
            assert!(resource.is_none_or(is_shown), "{member} of {item} is not in its resource");
            assert!(self.narrative.contains(people), "nobody can read {member} of {item}");
            return true;
        }
        let value = text(self.value);
        // The halves of a blood pressure are its value. A unit says nothing of a value that is no number.
        let is_number = item["value"].as_str().is_some_and(|value| value.parse::<f64>().is_ok());
        let is_pressure = !item["systolic"].is_null() || !item["diastolic"].is_null();
        let is_in_halves = member == "value" && is_pressure;
        let is_of_words = member == "unit" && !is_number && !is_pressure;
        if is_in_halves || is_of_words {
            return false;
        }
        assert!(is_shown(&value), "{member} ({value}) of {item} is not in {:?}", self.shown);
        let for_people = !FOR_PROGRAMS.contains(&member);
        assert!(
            !for_people || contains(self.narrative, &value),
            "nobody can read {member} ({value}) of {item}"
        );
        true
    }
}
