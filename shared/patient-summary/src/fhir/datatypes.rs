//! Data types that several resources share.

use std::borrow::Cow;

use serde::Serialize;

use super::{Absent, Decimal, Text, When, Xhtml, codes, elements};

elements! {
    Meta {
        profile: Vec<&'static str>,
    }

    /// A viewer may show nothing but `display`, so a text without a code is also written as a coding.
    Coding {
        system: Option<&'static str>,
        code: Option<Cow<'static, str>>,
        display: Option<Text>,
    }

    CodeableConcept {
        coding: Vec<Coding>,
        text: Option<Text>,
    }

    Identifier {
        r#type: Option<CodeableConcept>,
        system: String,
        value: Text,
        period: Option<Period>,
        assigner: Option<Reference>,
    }

    Reference {
        reference: Option<String>,
        display: Option<Text>,
    }

    Narrative {
        status: NarrativeStatus,
        div: Xhtml,
    }

    Annotation {
        text: Text,
    }

    Quantity {
        value: Decimal,
        comparator: Option<Comparator>,
        unit: &'static str,
        system: &'static str,
        code: &'static str,
    }

    Period {
        start: Option<When>,
        end: Option<When>,
    }

    HumanName {
        r#use: NameUse,
        text: Option<Text>,
        family: Option<Text>,
        #[serde(rename = "_family")]
        family_absent: Option<Element>,
        given: Vec<Text>,
        prefix: Vec<Text>,
    }

    ContactPoint {
        system: ContactSystem,
        value: Text,
        r#use: Option<ContactUse>,
    }

    Address {
        r#use: AddressUse,
        line: Vec<Text>,
        city: Option<Text>,
        postal_code: Option<Text>,
    }

    Element {
        extension: Vec<Extension>,
    }

    Extension {
        url: &'static str,
        extension: Vec<Extension>,
        #[serde(flatten)]
        value: Option<ExtensionValue>,
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum ExtensionValue {
    #[serde(rename = "valueCode")]
    Code(&'static str),
    #[serde(rename = "valueCoding")]
    Coding(Coding),
    #[serde(rename = "valueAnnotation")]
    Annotation(Annotation),
    #[serde(rename = "valueCodeableConcept")]
    Concept(CodeableConcept),
}

codes! {
    NarrativeStatus {
        Generated = "generated",
    }

    Comparator {
        Less = "<",
        AtMost = "<=",
        Greater = ">",
        AtLeast = ">=",
    }

    NameUse {
        Official = "official",
        Usual = "usual",
    }

    ContactSystem {
        Phone = "phone",
        Fax = "fax",
        Email = "email",
    }

    ContactUse {
        Home = "home",
        Work = "work",
        Mobile = "mobile",
    }

    AddressUse {
        Home = "home",
        Work = "work",
    }
}

impl Absent for Cow<'_, str> {}

impl Coding {
    pub fn new(system: &'static str, code: impl Into<Cow<'static, str>>) -> Self {
        Self { system: Some(system), code: Some(code.into()), display: None }
    }

    /// A name without a code.
    #[must_use]
    pub fn name(name: &Text) -> Self {
        Self { system: None, code: None, display: Some(name.clone()) }
    }

    #[must_use]
    pub fn displayed(self, display: &'static str) -> Self {
        self.named(&Text::ours(display))
    }

    #[must_use]
    pub fn named(self, display: &Text) -> Self {
        Self { display: Some(display.clone()), ..self }
    }
}

impl CodeableConcept {
    #[must_use]
    pub fn text(text: Text) -> Self {
        Self { coding: Vec::new(), text: Some(text) }
    }

    #[must_use]
    pub fn said(text: Option<&str>) -> Option<Self> {
        text.and_then(Text::new).map(Self::text)
    }

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

impl Identifier {
    #[must_use]
    pub fn new(r#type: Option<CodeableConcept>, system: String, value: Text) -> Self {
        Self { r#type, system, value, period: None, assigner: None }
    }
}

impl Meta {
    /// The profiles that a resource keeps, with their versions. `None` if there are none.
    #[must_use]
    pub fn claims(profile: impl IntoIterator<Item = &'static str>) -> Option<Self> {
        let profile: Vec<&'static str> = profile.into_iter().collect();
        (!profile.is_empty()).then_some(Self { profile })
    }
}

impl Reference {
    #[must_use]
    pub fn named(name: Option<&str>) -> Option<Self> {
        let display = name.and_then(Text::new)?;
        Some(Self { reference: None, display: Some(display) })
    }
}

impl Element {
    #[must_use]
    pub fn unknown() -> Self {
        let url = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
        let value = Some(ExtensionValue::Code("unknown"));
        Self { extension: vec![Extension { url, extension: Vec::new(), value }] }
    }

    #[must_use]
    pub fn unless<T>(value: &Option<T>) -> Option<Self> {
        value.is_none().then(Self::unknown)
    }
}
