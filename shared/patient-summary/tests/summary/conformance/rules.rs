//! Rules that a schema cannot express.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::xhtml;

/// Sections that every International Patient Summary has: problems, medications, allergies.
const REQUIRED_SECTIONS: [&str; 3] = ["11450-4", "10160-0", "48765-2"];
const ABSENT: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";

struct Faults<'a>(&'a mut Vec<String>);

impl Faults<'_> {
    fn unless(&mut self, holds: bool, fault: impl FnOnce() -> String) {
        if !holds {
            self.0.push(fault());
        }
    }
}

pub(super) fn check(bundle: &Value, faults: &mut Vec<String>) {
    let mut faults = Faults(faults);
    let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
    faults.unless(bundle["type"] == "document", || "the Bundle is no document".to_owned());
    for member in ["/identifier/system", "/identifier/value", "/timestamp"] {
        faults.unless(is_text(bundle.pointer(member)), || format!("the document has no {member}"));
    }
    let mut known: BTreeMap<&str, &Value> = BTreeMap::new();
    for entry in &entries {
        let url = entry["fullUrl"].as_str().unwrap_or_default();
        let number = url.strip_prefix("urn:uuid:").unwrap_or_default();
        faults.unless(is_uuid(number), || format!("{url} is no urn:uuid"));
        faults.unless(known.insert(url, &entry["resource"]).is_none(), || format!("{url} twice"));
    }
    let kinds: Vec<&str> =
        entries.iter().filter_map(|entry| entry["resource"]["resourceType"].as_str()).collect();
    let of_kind = |kind: &str| kinds.iter().filter(|one| **one == kind).count();
    faults
        .unless(kinds.first() == Some(&"Composition"), || "no Composition comes first".to_owned());
    for kind in ["Composition", "Patient"] {
        faults.unless(of_kind(kind) == 1, || format!("{} of {kind}", of_kind(kind)));
    }
    references(&entries, &known, &mut faults);
    let Some(composition) = entries.first().map(|entry| &entry["resource"]) else { return };
    self::composition(composition, &known, &mut faults);
    let patient = composition["subject"]["reference"].as_str().unwrap_or_default().to_owned();
    for entry in &entries {
        resource(&entry["resource"], &patient, &mut faults);
    }
}

fn is_text(value: Option<&Value>) -> bool {
    value.and_then(Value::as_str).is_some_and(|text| !text.trim().is_empty())
}

fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12]
        && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-'))
}

/// Every reference has its resource, and every resource has a reference.
fn references(entries: &[Value], known: &BTreeMap<&str, &Value>, faults: &mut Faults<'_>) {
    let mut found = BTreeSet::new();
    for entry in entries {
        collect(&entry["resource"], &mut found);
    }
    for reference in &found {
        faults.unless(known.contains_key(reference.as_str()), || format!("{reference} is nowhere"));
    }
    for entry in entries.iter().skip(1) {
        let url = entry["fullUrl"].as_str().unwrap_or_default();
        faults.unless(found.contains(url), || format!("nothing refers to {}", entry["resource"]));
    }
}

fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(reference) = members.get("reference").and_then(Value::as_str) {
                found.insert(reference.to_owned());
            }
            members.values().for_each(|member| collect(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

fn composition(composition: &Value, known: &BTreeMap<&str, &Value>, faults: &mut Faults<'_>) {
    let kind = &composition["type"]["coding"][0];
    faults.unless(kind["system"] == "http://loinc.org" && kind["code"] == "60591-5", || {
        format!("the document's type is {kind}")
    });
    faults.unless(composition["status"] == "final", || "the document is not final".to_owned());
    for member in ["/date", "/title", "/subject/reference", "/author/0/reference"] {
        let found = composition.pointer(member);
        faults.unless(is_text(found), || format!("the Composition has no {member}"));
    }
    let subject = composition["subject"]["reference"].as_str().and_then(|url| known.get(url));
    faults.unless(subject.is_some_and(|found| found["resourceType"] == "Patient"), || {
        "the subject is no Patient".to_owned()
    });
    let sections = composition["section"].as_array().cloned().unwrap_or_default();
    let codes: Vec<&str> = sections
        .iter()
        .filter_map(|section| section["code"]["coding"][0]["code"].as_str())
        .collect();
    for code in REQUIRED_SECTIONS {
        faults.unless(codes.contains(&code), || format!("section {code} is missing"));
    }
    faults.unless(codes.iter().collect::<BTreeSet<_>>().len() == codes.len(), || {
        format!("a section comes twice in {codes:?}")
    });
    for section in &sections {
        let title = section["title"].as_str().unwrap_or_default();
        faults.unless(!title.is_empty(), || "a section has no title".to_owned());
        let div = section["text"]["div"].as_str().unwrap_or_default();
        if let Some(fault) = xhtml::fault(div) {
            faults.unless(false, || format!("{title}: {fault} in {div}"));
        }
        faults.unless(div.contains("</p>") || div.contains("</li>"), || {
            format!("{title}: people have nothing to read")
        });
        let has_entries = section["entry"].as_array().is_some_and(|entries| !entries.is_empty());
        faults.unless(has_entries != section["emptyReason"].is_object(), || {
            format!("{title}: either entries or a reason why there are none")
        });
    }
}

/// The rules of the standard and of the summary's profiles for each kind, beyond the schema.
fn resource(resource: &Value, patient: &str, faults: &mut Faults<'_>) {
    let kind = resource["resourceType"].as_str().unwrap_or_default();
    let mut demand = |holds: bool, what: &str| {
        faults.unless(holds, || format!("{kind}: {what} in {resource}"));
    };
    let about = |member: &str| resource[member]["reference"] == patient;
    let present = |member: &str| !resource[member].is_null();
    let absent = |member: &str| resource[member]["extension"][0]["url"] == ABSENT;
    let named = |member: &str| is_text(resource[member].get("text"));
    match kind {
        "Patient" => {
            let name = &resource["name"][0];
            demand(
                is_text(name.get("family")) != (name["_family"]["extension"][0]["url"] == ABSENT),
                "au-core-pat-02: a family name or why not",
            );
            demand(present("birthDate") != absent("_birthDate"), "a date of birth or why not");
            demand(present("gender"), "a gender");
            demand(is_text(resource.pointer("/identifier/0/value")), "an identifier");
        }
        "Condition" => {
            demand(about("subject"), "whose");
            demand(named("code"), "what");
        }
        "AllergyIntolerance" => {
            demand(about("patient"), "whose");
            demand(named("code"), "to what");
            let status = &resource["clinicalStatus"]["coding"][0]["code"];
            demand(status == "active", "ait-1: a clinical status");
        }
        "MedicationStatement" => {
            demand(about("subject"), "whose");
            demand(present("status"), "a status");
            demand(named("medicationCodeableConcept"), "what");
            let since = present("effectivePeriod");
            demand(since != absent("_effectiveDateTime"), "since when or why not");
        }
        "Immunization" => {
            demand(about("patient"), "whose");
            demand(present("status"), "a status");
            demand(named("vaccineCode"), "what");
            let when = present("occurrenceDateTime");
            demand(when != present("occurrenceString"), "when, as a date or in words");
        }
        "FamilyMemberHistory" => {
            demand(about("patient"), "whose");
            demand(present("status"), "a status");
            demand(named("relationship"), "a relationship");
        }
        "Observation" => {
            demand(about("subject"), "whose");
            demand(resource["status"] == "final", "a status");
            demand(named("code"), "what");
            let when = present("effectiveDateTime") || present("effectivePeriod");
            demand(when != absent("_effectiveDateTime"), "when or why not");
            let has_value = |of: &Value| {
                ["valueQuantity", "valueString", "valueCodeableConcept"]
                    .iter()
                    .filter(|member| !of[**member].is_null())
                    .count()
            };
            demand(has_value(resource) <= 1, "one value");
            let why_not = present("dataAbsentReason");
            demand(!(why_not && has_value(resource) > 0), "obs-6: a value or why not");
            for part in resource["component"].as_array().into_iter().flatten() {
                demand(
                    has_value(part) + usize::from(!part["dataAbsentReason"].is_null()) == 1,
                    "part",
                );
            }
            if resource["code"]["coding"][0]["code"] == "85354-9" {
                let halves: Vec<&Value> = resource["component"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|part| &part["code"]["coding"][0]["code"])
                    .collect();
                demand(halves == ["8480-6", "8462-4"], "both halves of a blood pressure");
            }
        }
        _ => {}
    }
    quantities(resource, &mut demand);
}

/// Units must be UCUM's.
fn quantities(value: &Value, demand: &mut impl FnMut(bool, &str)) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if name == "valueQuantity" || name == "deceasedAge" {
                    demand(member["value"].is_number(), "a number");
                    demand(member["system"] == "http://unitsofmeasure.org", "a unit of UCUM");
                    demand(is_text(member.get("code")), "a unit's code");
                }
                quantities(member, demand);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| quantities(item, demand)),
        _ => {}
    }
}
