//! The patient of a document.

use domain::clinical::Identity;
use domain::numbers;
use domain::patient::PatientStatus;

use crate::contact::{address, reached};
use crate::draft::Draft;
use crate::fhir::{
    AddressUse, CodeableConcept, Coding, ContactPoint, ContactSystem, ContactUse, Element,
    Extension, ExtensionValue, Gender, HumanName, Identifier, Meta, NameUse, Patient, Period,
    Reference, Resource, Text, When,
};
use crate::practice::name;
use crate::terminology::{DVA, IDENTIFIER_TYPE, IDENTIFIER_TYPE_AU, IHI, MEDICARE, record_numbers};

const PROFILES: [&str; 3] = [
    "http://hl7.org.au/fhir/ps/StructureDefinition/au-ps-patient|1.0.0",
    "http://hl7.org.au/fhir/core/StructureDefinition/au-core-patient|2.0.0",
    "http://hl7.org/fhir/uv/ips/StructureDefinition/Patient-uv-ips|2.0.0",
];

pub(crate) fn patient(
    draft: &Draft<'_>,
    identity: &Identity,
    practice_name: Option<&str>,
) -> Resource {
    let birth_date = identity.date_of_birth.map(When::from);
    let died_on = identity.date_of_death.map(When::from);
    Resource::Patient(Box::new(Patient {
        meta: Meta { profile: PROFILES.to_vec() },
        extension: indigenous(identity.ethnicity.as_deref())
            .into_iter()
            .chain(identity.gender.as_deref().and_then(Text::new).map(said_gender))
            .collect(),
        identifier: identifiers(draft, identity, practice_name),
        active: match identity.status {
            PatientStatus::Active => (!identity.is_deceased()).then_some(true),
            PatientStatus::Inactive => Some(false),
            PatientStatus::Deceased | PatientStatus::Other => None,
        },
        name: names(identity),
        telecom: telecom(identity),
        gender: gender(identity.sex.as_deref()),
        birth_date_absent: Element::unless(&birth_date),
        birth_date,
        deceased_boolean: (identity.is_deceased() && died_on.is_none()).then_some(true),
        deceased_date_time: died_on,
        address: address(&identity.address, AddressUse::Home).into_iter().collect(),
        general_practitioner: draft.person(identity.usual_doctor.as_deref()).into_iter().collect(),
    }))
}

/// The gender identity, which is separate from the sex on the record.
fn said_gender(word: Text) -> Extension {
    let value = ExtensionValue::Concept(CodeableConcept::text(word));
    Extension {
        url: "http://hl7.org/fhir/StructureDefinition/individual-genderIdentity",
        extension: vec![Extension { url: "value", extension: Vec::new(), value: Some(value) }],
        value: None,
    }
}

/// The Aboriginal and Torres Strait Islander status. Bp's other words name countries and peoples, which do not
/// say it.
fn indigenous(ethnicity: Option<&str>) -> Option<Extension> {
    const SYSTEM: &str =
        "https://healthterminologies.gov.au/fhir/CodeSystem/australian-indigenous-status-1";
    let (code, display) = match ethnicity?.trim().to_ascii_lowercase().as_str() {
        "aboriginal" => ("1", "Aboriginal but not Torres Strait Islander origin"),
        "torres strait islander" => ("2", "Torres Strait Islander but not Aboriginal origin"),
        "aboriginal/torres strait islander" => {
            ("3", "Both Aboriginal and Torres Strait Islander origin")
        }
        "non aboriginal/torres strait islander" => {
            ("4", "Neither Aboriginal nor Torres Strait Islander origin")
        }
        _ => return None,
    };
    Some(Extension {
        url: "http://hl7.org.au/fhir/StructureDefinition/indigenous-status",
        extension: Vec::new(),
        value: Some(ExtensionValue::Coding(Coding::new(SYSTEM, code).displayed(display))),
    })
}

fn gender(sex: Option<&str>) -> Gender {
    match sex.unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "male" => Gender::Male,
        "female" => Gender::Female,
        "other" | "indeterminate" | "intersex" => Gender::Other,
        // "Not stated" and "Unknown" say nothing, and a word that we do not know may say nothing too.
        _ => Gender::Unknown,
    }
}

fn identifiers(
    draft: &Draft<'_>,
    identity: &Identity,
    practice_name: Option<&str>,
) -> Vec<Identifier> {
    let typed = |coding: Coding, words, system: &str, number: Option<&str>| {
        let kind = CodeableConcept::text(Text::ours(words)).coded([coding]);
        Some(Identifier::new(Some(kind), system.to_owned(), Text::new(number?)?))
    };
    // Only a valid number is an identifier: an invalid one may belong to another person.
    // A person's Medicare number is the card's number followed by the person's line on the card.
    let medicare = identity.medicare.as_ref().and_then(|medicare| {
        let line = medicare.line.as_deref().and_then(numbers::medicare_line);
        numbers::medicare(&medicare.card).map(|card| card + &line.unwrap_or_default())
    });
    let medicare = typed(
        Coding::new(IDENTIFIER_TYPE, "MC").displayed("Patient's Medicare number"),
        "Medicare number",
        MEDICARE,
        medicare.as_deref(),
    );
    let medicare = medicare.map(|number| Identifier {
        period: identity
            .medicare_expiry
            .as_deref()
            .and_then(When::month)
            .map(|end| Period { start: None, end: Some(end) }),
        ..number
    });
    let ihi = identity.ihi.as_deref().and_then(numbers::ihi);
    let dva = identity.dva.as_ref().and_then(|dva| numbers::dva(&dva.number));
    // AU Base demands the name of the practice that gave a record number.
    let of_the_practice = |words, table, number: Option<&str>| {
        let kind = Coding::new(IDENTIFIER_TYPE, "MR").displayed("Medical record number");
        let numbered = typed(kind, words, &record_numbers(draft.site, table), number)?;
        let assigner = Reference { reference: None, display: Some(name(practice_name)) };
        Some(Identifier { assigner: Some(assigner), ..numbered })
    };
    [
        typed(
            Coding::new(IDENTIFIER_TYPE, "NI").displayed("National unique individual identifier"),
            "Individual Healthcare Identifier",
            IHI,
            ihi.as_deref(),
        ),
        medicare,
        typed(
            Coding::new(IDENTIFIER_TYPE_AU, "DVAU").displayed("DVA Number"),
            "DVA number",
            DVA,
            dva.as_deref(),
        ),
        of_the_practice(
            "Number in Best Practice",
            "PATIENTS",
            Some(&identity.patient_id.0.to_string()),
        ),
        of_the_practice("Record number", "record-number", identity.record_number.as_deref()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn names(identity: &Identity) -> Vec<HumanName> {
    let texts = |parts: &[&Option<String>]| -> Vec<Text> {
        parts.iter().filter_map(|part| part.as_deref().and_then(Text::new)).collect()
    };
    let Identity { title, first_name, middle_name, last_name, .. } = identity;
    let parts = texts(&[title, first_name, middle_name, last_name]);
    let whole: Vec<&str> = parts.iter().map(Text::as_str).collect();
    let family = last_name.as_deref().and_then(Text::new);
    let official = HumanName {
        r#use: NameUse::Official,
        text: Text::new(&whole.join(" ")),
        // AU Core demands a family name, or the reason why there is none. Only here does the reason also
        // satisfy the International Patient Summary.
        family_absent: Element::unless(&family),
        family,
        given: texts(&[first_name, middle_name]),
        prefix: texts(&[title]),
    };
    let usual = identity.preferred_name.as_deref().and_then(Text::new).map(|preferred| HumanName {
        r#use: NameUse::Usual,
        text: Some(preferred.clone()),
        family: None,
        family_absent: None,
        given: vec![preferred],
        prefix: Vec::new(),
    });
    std::iter::once(official).chain(usual).collect()
}

fn telecom(identity: &Identity) -> Vec<ContactPoint> {
    let phones = &identity.phones;
    [
        reached(ContactSystem::Phone, &phones.mobile, Some(ContactUse::Mobile)),
        reached(ContactSystem::Phone, &phones.home, Some(ContactUse::Home)),
        reached(ContactSystem::Phone, &phones.work, Some(ContactUse::Work)),
        reached(ContactSystem::Email, &identity.email, None),
    ]
    .into_iter()
    .flatten()
    .collect()
}
