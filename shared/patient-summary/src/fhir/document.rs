//! The document itself and its first resources: Bundle, Composition, Patient, Device, and the practice with its
//! people.

use super::{
    Address, CodeableConcept, ContactPoint, Element, Extension, HumanName, Identifier, Meta,
    Narrative, Reference, Resource, Text, When, codes, elements,
};

elements! {
    Bundle {
        resource_type: BundleResource,
        meta: Meta,
        language: &'static str,
        identifier: Identifier,
        r#type: BundleType,
        timestamp: When,
        entry: Vec<Entry>,
    }

    Entry {
        full_url: String,
        resource: Resource,
    }

    Composition {
        meta: Meta,
        language: &'static str,
        identifier: Identifier,
        status: CompositionStatus,
        r#type: CodeableConcept,
        subject: Reference,
        date: When,
        author: Vec<Reference>,
        title: &'static str,
        custodian: Reference,
        section: Vec<CompositionSection>,
    }

    CompositionSection {
        extension: Vec<Extension>,
        title: &'static str,
        code: CodeableConcept,
        text: Narrative,
        entry: Vec<Reference>,
        empty_reason: Option<CodeableConcept>,
    }

    Patient {
        meta: Meta,
        extension: Vec<Extension>,
        identifier: Vec<Identifier>,
        active: Option<bool>,
        name: Vec<HumanName>,
        telecom: Vec<ContactPoint>,
        gender: Gender,
        birth_date: Option<When>,
        #[serde(rename = "_birthDate")]
        birth_date_absent: Option<Element>,
        deceased_boolean: Option<bool>,
        deceased_date_time: Option<When>,
        address: Vec<Address>,
        general_practitioner: Vec<Reference>,
    }

    Organization {
        meta: Option<Meta>,
        identifier: Vec<Identifier>,
        name: Text,
        telecom: Vec<ContactPoint>,
        address: Vec<Address>,
    }

    Practitioner {
        meta: Option<Meta>,
        identifier: Vec<Identifier>,
        name: Vec<HumanName>,
    }

    PractitionerRole {
        meta: Option<Meta>,
        identifier: Vec<Identifier>,
        practitioner: Reference,
        organization: Reference,
    }

    Device {
        device_name: Vec<DeviceName>,
        version: Vec<DeviceVersion>,
    }

    DeviceName {
        name: &'static str,
        r#type: DeviceNameType,
    }

    DeviceVersion {
        value: Text,
    }
}

codes! {
    BundleResource {
        Bundle = "Bundle",
    }

    BundleType {
        Document = "document",
    }

    CompositionStatus {
        Final = "final",
    }

    Gender {
        Male = "male",
        Female = "female",
        Other = "other",
        Unknown = "unknown",
    }

    DeviceNameType {
        ManufacturerName = "manufacturer-name",
    }
}
