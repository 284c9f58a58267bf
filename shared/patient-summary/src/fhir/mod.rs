//! FHIR R4 (4.0.1), as much of it as a patient summary needs. A member that is no `Option` and no `Vec` is
//! always written, so that what FHIR or the International Patient Summary demands cannot be left out.
//!
//! Written here because the library there is, `fhir-model` (MIT), holds every resource of the standard, and
//! a resource may contain any other, so that none can be left out: a program that reads and writes one
//! Bundle comes to 16 MB (6 MB zipped) where a whole function may have 3 MB zipped. It also keeps decimals
//! as floats, which loses the precision that FHIR wants kept. The official JSON schema holds these types to
//! the standard in the tests.

mod clinical;
mod datatypes;
mod document;
mod resources;
mod text;

pub use clinical::*;
pub use datatypes::*;
pub use document::*;
pub use resources::Resource;
pub use text::{Decimal, Text, When, Xhtml};

/// Whether an element is left out.
pub(crate) trait Absent {
    fn is_absent(&self) -> bool {
        false
    }
}

impl<T> Absent for Option<T> {
    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T> Absent for Vec<T> {
    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

impl Absent for bool {}
impl Absent for &str {}
impl Absent for String {}
impl Absent for Text {}
impl Absent for When {}
impl Absent for Xhtml {}
impl Absent for Decimal {}

/// Structures of elements, which are left out where they are absent.
macro_rules! elements {
    ($($(#[$doc:meta])* $name:ident { $($(#[$attribute:meta])* $field:ident: $kind:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize)]
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            $(
                $(#[$attribute])*
                #[serde(skip_serializing_if = "crate::fhir::Absent::is_absent")]
                pub $field: $kind,
            )*
        }

        impl crate::fhir::Absent for $name {}
    )*};
}

/// Codes that FHIR itself lists, as FHIR writes them.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident { $($(#[$note:meta])* $code:ident = $text:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Serialize)]
        pub enum $name {
            $($(#[$note])* #[serde(rename = $text)] $code,)*
        }

        impl crate::fhir::Absent for $name {}
    )*};
}

pub(crate) use {codes, elements};
