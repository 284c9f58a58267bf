use std::borrow::Cow;

use serde::Serialize;

use super::{Absent, Decimal, Text, When, Xhtml, codes, elements};

elements! {
    /// What a resource claims to be.
    Meta {
        /// Canonical addresses of profiles.
        profile: Vec<&'static str>,
    }

    /// A code of a code system.
    Coding {
        /// Whose code.
        system: &'static str,
        /// The code.
        code: Cow<'static, str>,
        /// In the code system's words.
        display: Option<&'static str>,
    }

    /// Something, in codes and in words.
    CodeableConcept {
        /// In codes.
        coding: Vec<Coding>,
        /// In words.
        text: Option<Text>,
    }

    /// What something is known by.
    Identifier {
        /// Of what kind.
        r#type: Option<CodeableConcept>,
        /// Whose number.
        system: String,
        /// The number.
        value: Text,
    }

    /// Another resource of the Bundle, or somebody by name.
    Reference {
        /// Its `fullUrl`.
        reference: Option<String>,
        /// In words.
        display: Option<Text>,
    }

    /// What people read.
    Narrative {
        /// How it was made.
        status: NarrativeStatus,
        /// The text.
        div: Xhtml,
    }

    /// A remark.
    Annotation {
        /// The remark.
        text: Text,
    }

    /// A value with a unit.
    Quantity {
        /// The number.
        value: Decimal,
        /// Where the number is only a bound.
        comparator: Option<Comparator>,
        /// The unit for people.
        unit: &'static str,
        /// Whose code the unit's is.
        system: &'static str,
        /// The unit for machines.
        code: &'static str,
    }

    /// From when to when.
    Period {
        /// From.
        start: Option<When>,
        /// To.
        end: Option<When>,
    }

    /// A person's name.
    HumanName {
        /// What for.
        r#use: NameUse,
        /// The whole.
        text: Option<Text>,
        /// Surname.
        family: Option<Text>,
        /// First and middle names.
        given: Vec<Text>,
        /// Titles.
        prefix: Vec<Text>,
    }

    /// A telephone number.
    ContactPoint {
        /// Of what kind.
        system: ContactSystem,
        /// The number.
        value: Text,
        /// Where it rings.
        r#use: ContactUse,
    }

    /// Where somebody lives.
    Address {
        /// What for.
        r#use: AddressUse,
        /// Street.
        line: Vec<Text>,
        /// Suburb or town.
        city: Option<Text>,
        /// Postcode.
        postal_code: Option<Text>,
    }

    /// What stands in for a value that is not there.
    Element {
        /// Why it is not there.
        extension: Vec<Extension>,
    }

    /// More than the standard has.
    Extension {
        /// What it means.
        url: &'static str,
        /// Parts, where it has some.
        extension: Vec<Extension>,
        /// The value, where it has no parts.
        #[serde(flatten)]
        value: Option<ExtensionValue>,
    }
}

/// An extension's value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum ExtensionValue {
    /// A code.
    #[serde(rename = "valueCode")]
    Code(&'static str),
    /// A remark.
    #[serde(rename = "valueAnnotation")]
    Annotation(Annotation),
    /// Something, in words.
    #[serde(rename = "valueCodeableConcept")]
    Concept(CodeableConcept),
}

codes! {
    /// How a narrative was made.
    NarrativeStatus {
        /// From the structured data, completely.
        Generated = "generated",
    }

    /// What a number bounds.
    Comparator {
        /// Less.
        Less = "<",
        /// Less or equal.
        AtMost = "<=",
        /// Greater.
        Greater = ">",
        /// Greater or equal.
        AtLeast = ">=",
    }

    /// What a name is for.
    NameUse {
        /// The one on the record.
        Official = "official",
        /// What the person is called.
        Usual = "usual",
    }

    /// Kinds of contact.
    ContactSystem {
        /// Telephone.
        Phone = "phone",
    }

    /// Where a telephone rings.
    ContactUse {
        /// At home.
        Home = "home",
        /// At work.
        Work = "work",
        /// With the person.
        Mobile = "mobile",
    }

    /// What an address is for.
    AddressUse {
        /// Living there.
        Home = "home",
    }
}

impl Absent for Cow<'_, str> {}

impl Coding {
    /// A code of a system.
    pub fn new(system: &'static str, code: impl Into<Cow<'static, str>>) -> Self {
        Self { system, code: code.into(), display: None }
    }

    /// With the system's words for it.
    #[must_use]
    pub fn displayed(self, display: &'static str) -> Self {
        Self { display: Some(display), ..self }
    }
}

impl CodeableConcept {
    /// In words alone.
    #[must_use]
    pub fn text(text: Text) -> Self {
        Self { coding: Vec::new(), text: Some(text) }
    }

    /// In words, where there are any.
    #[must_use]
    pub fn said(text: Option<&str>) -> Option<Self> {
        text.and_then(Text::new).map(Self::text)
    }

    /// With one more code.
    #[must_use]
    pub fn coded(mut self, coding: impl IntoIterator<Item = Coding>) -> Self {
        self.coding.extend(coding);
        self
    }
}

impl From<Coding> for CodeableConcept {
    fn from(coding: Coding) -> Self {
        Self { coding: vec![coding], text: None }
    }
}

impl Reference {
    /// Somebody by name.
    #[must_use]
    pub fn named(name: Option<&str>) -> Option<Self> {
        let display = name.and_then(Text::new)?;
        Some(Self { reference: None, display: Some(display) })
    }
}

impl Element {
    /// Nobody recorded it.
    #[must_use]
    pub fn unknown() -> Self {
        let url = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
        let value = Some(ExtensionValue::Code("unknown"));
        Self { extension: vec![Extension { url, extension: Vec::new(), value }] }
    }

    /// Nobody recorded it, unless somebody did.
    #[must_use]
    pub fn unless<T>(value: &Option<T>) -> Option<Self> {
        value.is_none().then(Self::unknown)
    }
}
