use super::{
    Address, CodeableConcept, ContactPoint, Element, Extension, HumanName, Identifier, Meta,
    Narrative, Reference, Resource, Text, When, codes, elements,
};

elements! {
    /// The document.
    Bundle {
        /// Always `Bundle`.
        resource_type: BundleResource,
        /// What it claims to be.
        meta: Meta,
        /// This document's own number.
        identifier: Identifier,
        /// What kind of Bundle.
        r#type: BundleType,
        /// When it was put together.
        timestamp: When,
        /// The Composition, then everything that it refers to.
        entry: Vec<Entry>,
    }

    /// A resource and what it is referred to by.
    Entry {
        /// `urn:uuid:…`.
        full_url: String,
        /// The resource.
        resource: Resource,
    }

    /// What the document consists of.
    Composition {
        /// What it claims to be.
        meta: Meta,
        /// Of its words.
        language: &'static str,
        /// This document's own number.
        identifier: Identifier,
        /// Whether more will come.
        status: CompositionStatus,
        /// What kind of document.
        r#type: CodeableConcept,
        /// Whom it is about.
        subject: Reference,
        /// When Bp was asked.
        date: When,
        /// Who is answerable for it.
        author: Vec<Reference>,
        /// In words.
        title: &'static str,
        /// Who keeps the record.
        custodian: Reference,
        /// Its parts.
        section: Vec<CompositionSection>,
    }

    /// A part of the document.
    CompositionSection {
        /// What holds for the whole of it.
        extension: Vec<Extension>,
        /// In words.
        title: &'static str,
        /// As a code.
        code: CodeableConcept,
        /// What people read.
        text: Narrative,
        /// The resources.
        entry: Vec<Reference>,
        /// Why there are none.
        empty_reason: Option<CodeableConcept>,
    }

    /// Whom it is about.
    Patient {
        /// What it claims to be.
        meta: Meta,
        /// The gender a person says.
        extension: Vec<Extension>,
        /// Numbers.
        identifier: Vec<Identifier>,
        /// Whether the practice still sees the patient.
        active: Option<bool>,
        /// Names.
        name: Vec<HumanName>,
        /// Telephones.
        telecom: Vec<ContactPoint>,
        /// Bp's sex.
        gender: Gender,
        /// Date of birth.
        birth_date: Option<When>,
        /// Why there is none.
        #[serde(rename = "_birthDate")]
        birth_date_absent: Option<Element>,
        /// Whether the patient has died.
        deceased_boolean: Option<bool>,
        /// Home address.
        address: Vec<Address>,
    }

    /// Whose record it is.
    Organization {
        /// Bp's Site ID.
        identifier: Vec<Identifier>,
        /// The practice's name.
        name: Text,
    }

    /// What wrote the document.
    Device {
        /// What it is called.
        device_name: Vec<DeviceName>,
        /// Which release of it.
        version: Vec<DeviceVersion>,
    }

    /// What a device is called.
    DeviceName {
        /// The name.
        name: &'static str,
        /// Who calls it so.
        r#type: DeviceNameType,
    }

    /// A release.
    DeviceVersion {
        /// Its number.
        value: Text,
    }
}

codes! {
    /// What the whole is.
    BundleResource {
        /// A Bundle.
        Bundle = "Bundle",
    }

    /// What kind of Bundle.
    BundleType {
        /// A document.
        Document = "document",
    }

    /// Whether more will come.
    CompositionStatus {
        /// Nothing will.
        Final = "final",
    }

    /// Administrative gender.
    Gender {
        /// Male.
        Male = "male",
        /// Female.
        Female = "female",
        /// Another.
        Other = "other",
        /// Nobody recorded it.
        Unknown = "unknown",
    }

    /// Who calls a device so.
    DeviceNameType {
        /// Whoever made it.
        ManufacturerName = "manufacturer-name",
    }
}
