//! Data types that several resources share.

use std::borrow::Cow;

use serde::Serialize;

use super::{Absent, Decimal, Text, When, Xhtml, codes, elements};

elements! {
    Meta {
        profile: Vec<&'static str>,
    }

    Coding {
        system: &'static str,
        code: Cow<'static, str>,
        display: Option<&'static str>,
    }

    CodeableConcept {
        coding: Vec<Coding>,
        text: Option<Text>,
    }

    Identifier {
        r#type: Option<CodeableConcept>,
        system: String,
        value: Text,
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
        given: Vec<Text>,
        prefix: Vec<Text>,
    }

    ContactPoint {
        system: ContactSystem,
        value: Text,
        r#use: ContactUse,
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
    }

    ContactUse {
        Home = "home",
        Work = "work",
        Mobile = "mobile",
    }

    AddressUse {
        Home = "home",
    }
}

impl Absent for Cow<'_, str> {}

impl Coding {
    pub fn new(system: &'static str, code: impl Into<Cow<'static, str>>) -> Self {
        Self { system, code: code.into(), display: None }
    }

    #[must_use]
    pub fn displayed(self, display: &'static str) -> Self {
        Self { display: Some(display), ..self }
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
