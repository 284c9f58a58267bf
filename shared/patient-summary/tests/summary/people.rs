//! Who wrote what, and for which practice.

use domain::clinical::{IdentifiedRecord, NilMarker, PracticeDetails, Practitioner, Section};
use domain::ids::SiteId;
use patient_summary::{Origin, document};
use serde_json::{Value, json};

use crate::conformance::assert_conforms;
use crate::records::{doctor, everything, of, person, practice, sections};

const HPII: &str = "http://ns.electronichealth.net.au/id/hi/hpii/1.0";
const HPIO: &str = "http://ns.electronichealth.net.au/id/hi/hpio/1.0";
const AHPRA: &str = "http://hl7.org.au/id/ahpra-registration-number";
const PROVIDER: &str = "http://ns.electronichealth.net.au/id/medicare-provider-number";
const ABN: &str = "http://hl7.org.au/id/abn";

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

fn resources<'a>(document: &'a Value, kind: &str) -> Vec<&'a Value> {
    let entries = document["entry"].as_array().unwrap().iter().map(|entry| &entry["resource"]);
    entries.filter(|resource| resource["resourceType"] == kind).collect()
}

fn resolved<'a>(document: &'a Value, reference: &Value) -> &'a Value {
    let entries = document["entry"].as_array().unwrap();
    let found = entries.iter().find(|entry| entry["fullUrl"] == reference["reference"]);
    &found.unwrap_or_else(|| panic!("{reference} is nowhere"))["resource"]
}

/// The value of an identifier of this system.
fn number<'a>(resource: &'a Value, system: &str) -> Option<&'a str> {
    let all = resource["identifier"].as_array().into_iter().flatten();
    all.filter(|one| one["system"] == system).find_map(|one| one["value"].as_str())
}

/// A record with one measurement and one vaccine by `provider`.
fn by(provider: &str, practitioners: Vec<Practitioner>) -> IdentifiedRecord {
    let mut sections = sections("Words");
    let measured = sections.observations.as_mut().unwrap();
    measured.items.truncate(1);
    measured.items[0].provider = Some(provider.to_owned());
    let given = sections.immunisations.as_mut().unwrap();
    given.items.truncate(1);
    given.items[0].provider = Some(provider.to_owned());
    given.items[0].not_given_here = Some(false);
    IdentifiedRecord { practitioners, ..of(person(), sections) }
}

#[test]
fn who_measured_and_who_gave_a_vaccine_is_a_practitioner_with_numbers_at_this_practice() {
    let document = written(&by("Dr Ada Quill", vec![doctor("Dr Ada Quill")]));
    let measured = resources(&document, "Observation")
        .into_iter()
        .find(|one| !one["performer"].is_null())
        .unwrap();
    let vaccine = resources(&document, "Immunization")[0];
    let patient = resources(&document, "Patient")[0];
    for who in [
        &measured["performer"][0],
        &vaccine["performer"][0]["actor"],
        &patient["generalPractitioner"][0],
    ] {
        assert_eq!(who["display"], "Dr Ada Quill");
        let role = resolved(&document, who);
        assert_eq!(role["resourceType"], "PractitionerRole");
        assert_eq!(number(role, PROVIDER), Some("0499601T"));
        let practitioner = resolved(&document, &role["practitioner"]);
        assert_eq!(practitioner["name"][0]["text"], "Dr Ada Quill");
        assert_eq!(practitioner["name"][0]["family"], "Quill");
        assert_eq!(number(practitioner, HPII), Some("8003619900000008"));
        assert_eq!(number(practitioner, AHPRA), Some("MED0000000001"));
        let organization = resolved(&document, &role["organization"]);
        assert_eq!(organization["name"], "Wirrabeen Family Practice");
    }
    assert_eq!(resources(&document, "Practitioner").len(), 1, "one person is one resource");
}

#[test]
fn a_number_that_fails_its_check_is_left_out_and_the_person_stays() {
    let wrong = |change: fn(&mut Practitioner)| {
        let mut doctor = doctor("Dr Ada Quill");
        change(&mut doctor);
        written(&by("Dr Ada Quill", vec![doctor]))
    };
    let text = |text: &str| Some(text.to_owned());
    for hpii in ["8003619900000009", "8003600000000007", "800361", "see card"] {
        let mut one = doctor("Dr Ada Quill");
        one.hpii = text(hpii);
        let document = written(&by("Dr Ada Quill", vec![one]));
        let person = resources(&document, "Practitioner")[0];
        assert_eq!((number(person, HPII), number(person, AHPRA)), (None, Some("MED0000000001")));
    }
    let document = wrong(|one| one.registration = Some("MED1".to_owned()));
    assert_eq!(number(resources(&document, "Practitioner")[0], AHPRA), None);
    let document = wrong(|one| one.provider_number = Some("0499601K".to_owned()));
    assert_eq!(number(resources(&document, "PractitionerRole")[0], PROVIDER), None);
}

#[test]
fn somebody_who_is_not_known_stays_a_name_and_nobody_is_added_without_need() {
    let named =
        |document: &Value| resources(document, "Immunization")[0]["performer"][0]["actor"].clone();
    let unknown = written(&by("Dr Bo Nib", vec![]));
    assert_eq!(named(&unknown), json!({ "display": "Dr Bo Nib" }));
    let nameless = Practitioner { last_name: None, ..doctor("Dr Bo Nib") };
    let document = written(&by("Dr Bo Nib", vec![nameless]));
    assert_eq!(named(&document), json!({ "display": "Dr Bo Nib" }));
    let mut record = by("Dr Bo Nib", vec![doctor("Dr Ada Quill")]);
    record.identity.usual_doctor = None;
    for kind in ["Practitioner", "PractitionerRole"] {
        assert!(resources(&written(&record), kind).is_empty(), "an unused {kind}");
    }
    // Who typed in a vaccine that somebody else gave did not give it.
    let mut elsewhere = record;
    elsewhere.practitioners = vec![doctor("Dr Bo Nib")];
    let measured = elsewhere.sections.observations.as_mut().unwrap();
    *measured = Section::conclude(vec![], NilMarker::Silent, &[]);
    elsewhere.sections.immunisations.as_mut().unwrap().items[0].not_given_here = Some(true);
    assert!(resources(&written(&elsewhere), "Practitioner").is_empty());
}

#[test]
fn the_custodian_is_the_practice_with_its_numbers_and_its_address() {
    let document = written(&everything());
    let custodian = resolved(&document, &document["entry"][0]["resource"]["custodian"]);
    assert_eq!(custodian["name"], "Wirrabeen Family Practice");
    assert_eq!(number(custodian, HPIO), Some("8003629900000007"));
    assert_eq!(number(custodian, ABN), Some("51824753556"));
    assert_eq!(custodian["address"][0]["line"], json!(["3 Nowhere Street"]));
    assert_eq!(custodian["address"][0]["use"], "work");
    let systems: Vec<_> = custodian["telecom"].as_array().unwrap().iter().collect();
    let systems: Vec<_> = systems.iter().map(|one| one["system"].as_str().unwrap()).collect();
    assert_eq!(systems, ["phone", "fax", "email"]);

    let wrong = PracticeDetails {
        hpio: Some("8003619900000008".to_owned()),
        abn: Some("99 999 999 999".to_owned()),
        ..practice()
    };
    let document = written(&IdentifiedRecord { practice: wrong, ..everything() });
    let custodian = resources(&document, "Organization")[0];
    assert_eq!((number(custodian, HPIO), number(custodian, ABN)), (None, None));
    let bare = written(&of(person(), sections("Words")));
    let custodian = resources(&bare, "Organization")[0];
    assert!(custodian["address"].is_null() && custodian["telecom"].is_null());
}

#[test]
fn an_allergy_has_the_day_on_which_it_was_entered() {
    let document = written(&everything());
    let allergies = resources(&document, "AllergyIntolerance");
    assert_eq!(allergies[0]["recordedDate"], "2019-08-07");
    assert!(allergies[1]["recordedDate"].is_null());
}
