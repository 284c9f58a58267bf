//! The practitioners whom the record names.

use domain::clinical;
use domain::numbers;

use crate::draft::Draft;
use crate::fhir::{
    CodeableConcept, Coding, HumanName, Identifier, Meta, NameUse, Practitioner, PractitionerRole,
    Reference, Resource, Text,
};
use crate::terminology::{AHPRA, HPII, IDENTIFIER_TYPE, IDENTIFIER_TYPE_AU, PROVIDER};

const PRACTITIONER: &str = "http://hl7.org.au/fhir/ps/StructureDefinition/au-ps-practitioner|1.0.0";
const ROLE: &str = "http://hl7.org.au/fhir/ps/StructureDefinition/au-ps-practitionerrole|1.0.0";

/// Adds the practitioners, who work at the practice. The profile demands a surname, so somebody who has none
/// stays a name.
pub(crate) fn add(
    draft: &mut Draft<'_>,
    practitioners: &[clinical::Practitioner],
    practice: &Reference,
) {
    for person in practitioners {
        let named = Text::new(&person.named);
        let family = person.last_name.as_deref().and_then(Text::new);
        let (Some(named), Some(family)) = (named, family) else { continue };
        let number = draft.record("USERS", Some(person.user_id));
        let practitioner = practitioner(person, &named, family, number);
        draft.add_person(named, practitioner, |itself| {
            Resource::PractitionerRole(Box::new(PractitionerRole {
                meta: Meta::claims([ROLE]),
                identifier: provider_number(person).into_iter().collect(),
                practitioner: itself,
                organization: practice.clone(),
            }))
        });
    }
}

fn practitioner(
    person: &clinical::Practitioner,
    named: &Text,
    family: Text,
    number: Vec<Identifier>,
) -> Resource {
    let hpii = identifier(
        Coding::new(IDENTIFIER_TYPE, "NPI").displayed("National provider identifier"),
        "Healthcare Provider Identifier - Individual",
        HPII,
        person.hpii.as_deref().and_then(numbers::hpii),
    );
    let ahpra = identifier(
        Coding::new(IDENTIFIER_TYPE_AU, "AHPRA")
            .displayed("Australian Health Practitioner Regulation Agency Registration Number"),
        "AHPRA registration number",
        AHPRA,
        person.registration.as_deref().and_then(numbers::ahpra),
    );
    let name = HumanName {
        r#use: NameUse::Official,
        text: Some(named.clone()),
        family: Some(family),
        family_absent: None,
        given: person.first_name.as_deref().and_then(Text::new).into_iter().collect(),
        prefix: Vec::new(),
    };
    Resource::Practitioner(Box::new(Practitioner {
        meta: Meta::claims([PRACTITIONER]),
        identifier: hpii.into_iter().chain(ahpra).chain(number).collect(),
        name: vec![name],
    }))
}

fn provider_number(person: &clinical::Practitioner) -> Option<Identifier> {
    identifier(
        Coding::new(IDENTIFIER_TYPE_AU, "UPIN").displayed("Medicare Provider Number"),
        "Medicare provider number",
        PROVIDER,
        person.provider_number.as_deref().and_then(numbers::checked_provider),
    )
}

/// An identifier from a number that was checked: an invalid one may belong to somebody else.
pub(crate) fn identifier(
    kind: Coding,
    words: &'static str,
    system: &'static str,
    number: Option<String>,
) -> Option<Identifier> {
    let kind = CodeableConcept::text(Text::ours(words)).coded([kind]);
    Some(Identifier::new(Some(kind), system.to_owned(), Text::new(&number?)?))
}
