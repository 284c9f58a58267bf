//! The patient, the practice and the software of a document.

use domain::clinical::Identity;
use domain::numbers;
use domain::patient::PatientStatus;

use crate::Origin;
use crate::draft::Draft;
use crate::fhir::{
    Address, AddressUse, CodeableConcept, Coding, ContactPoint, ContactSystem, ContactUse, Device,
    DeviceName, DeviceNameType, DeviceVersion, Element, Extension, ExtensionValue, Gender,
    HumanName, Identifier, Meta, NameUse, Organization, Patient, Resource, Text, When,
};
use crate::terminology::{
    DVA, IDENTIFIER_TYPE, IDENTIFIER_TYPE_AU, IHI, MEDICARE, SITE_ID, record_numbers,
};

const PROFILES: [&str; 2] = [
    "http://hl7.org/fhir/uv/ips/StructureDefinition/Patient-uv-ips",
    "http://hl7.org.au/fhir/core/StructureDefinition/au-core-patient",
];

pub(crate) fn patient(draft: &Draft<'_>, identity: &Identity) -> Resource {
    let birth_date = identity.date_of_birth.map(When::from);
    Resource::Patient(Box::new(Patient {
        meta: Meta { profile: PROFILES.to_vec() },
        extension: identity
            .gender
            .as_deref()
            .and_then(Text::new)
            .map(said_gender)
            .into_iter()
            .collect(),
        identifier: identifiers(draft, identity),
        active: match identity.status {
            PatientStatus::Active => Some(true),
            PatientStatus::Inactive => Some(false),
            PatientStatus::Deceased | PatientStatus::Other => None,
        },
        name: names(identity),
        telecom: telephones(identity),
        gender: gender(identity.sex.as_deref()),
        birth_date_absent: Element::unless(&birth_date),
        birth_date,
        deceased_boolean: (identity.status == PatientStatus::Deceased).then_some(true),
        address: address(identity).into_iter().collect(),
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

fn gender(sex: Option<&str>) -> Gender {
    match sex.unwrap_or_default().to_ascii_lowercase().as_str() {
        "male" => Gender::Male,
        "female" => Gender::Female,
        "" => Gender::Unknown,
        _ => Gender::Other,
    }
}

fn identifiers(draft: &Draft<'_>, identity: &Identity) -> Vec<Identifier> {
    let typed = |coding: Coding, words, system: &str, number: Option<&str>| {
        Some(Identifier {
            r#type: Some(CodeableConcept::text(Text::ours(words)).coded([coding])),
            system: system.to_owned(),
            value: Text::new(number?)?,
        })
    };
    // Only a valid number is an identifier: an invalid one may belong to another person.
    // A person's Medicare number is the card's number followed by the person's line on the card.
    let medicare = identity.medicare.as_ref().and_then(|medicare| {
        let line = medicare.line.as_deref().and_then(numbers::medicare_line);
        numbers::medicare(&medicare.card).map(|card| card + &line.unwrap_or_default())
    });
    let ihi = identity.ihi.as_deref().and_then(numbers::ihi);
    let dva = identity.dva.as_ref().and_then(|dva| numbers::dva(&dva.number));
    let own = identity.patient_id.0.to_string();
    let numbers = record_numbers(draft.site, "PATIENTS");
    [
        typed(
            Coding::new(IDENTIFIER_TYPE, "NI"),
            "Individual Healthcare Identifier",
            IHI,
            ihi.as_deref(),
        ),
        typed(Coding::new(IDENTIFIER_TYPE, "MC"), "Medicare number", MEDICARE, medicare.as_deref()),
        typed(Coding::new(IDENTIFIER_TYPE_AU, "DVAU"), "DVA number", DVA, dva.as_deref()),
        typed(Coding::new(IDENTIFIER_TYPE, "MR"), "Number in Best Practice", &numbers, Some(&own)),
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
    let official = HumanName {
        r#use: NameUse::Official,
        text: Some(Text::or(Some(&whole.join(" ")), "Name not recorded")),
        family: last_name.as_deref().and_then(Text::new),
        given: texts(&[first_name, middle_name]),
        prefix: texts(&[title]),
    };
    let usual = identity.preferred_name.as_deref().and_then(Text::new).map(|preferred| HumanName {
        r#use: NameUse::Usual,
        text: Some(preferred.clone()),
        family: None,
        given: vec![preferred],
        prefix: Vec::new(),
    });
    std::iter::once(official).chain(usual).collect()
}

fn telephones(identity: &Identity) -> Vec<ContactPoint> {
    let phones = &identity.phones;
    [
        (&phones.mobile, ContactUse::Mobile),
        (&phones.home, ContactUse::Home),
        (&phones.work, ContactUse::Work),
    ]
    .into_iter()
    .filter_map(|(number, r#use)| {
        let value = Text::new(number.as_deref()?)?;
        Some(ContactPoint { system: ContactSystem::Phone, value, r#use })
    })
    .collect()
}

fn address(identity: &Identity) -> Option<Address> {
    let text = |part: &Option<String>| part.as_deref().and_then(Text::new);
    let lives = &identity.address;
    let address = Address {
        r#use: AddressUse::Home,
        line: [&lives.line1, &lives.line2].into_iter().filter_map(text).collect(),
        city: text(&lives.suburb),
        postal_code: text(&lives.postcode),
    };
    let is_known =
        !address.line.is_empty() || address.city.is_some() || address.postal_code.is_some();
    is_known.then_some(address)
}

pub(crate) fn practice(origin: &Origin<'_>) -> Resource {
    let site = Text::new(origin.site_id.as_str());
    Resource::Organization(Organization {
        identifier: site
            .map(|value| Identifier {
                r#type: Some(CodeableConcept::text(Text::ours("Best Practice Site ID"))),
                system: SITE_ID.to_owned(),
                value,
            })
            .into_iter()
            .collect(),
        name: Text::or(origin.practice_name, "A practice that uses Best Practice"),
    })
}

pub(crate) fn software() -> Resource {
    Resource::Device(Device {
        device_name: vec![DeviceName {
            name: "Practice Bridge",
            r#type: DeviceNameType::ManufacturerName,
        }],
        version: vec![DeviceVersion { value: Text::ours(env!("CARGO_PKG_VERSION")) }],
    })
}
