//! The part of FHIR R4 (4.0.1) that a patient summary needs. A member that is neither an `Option` nor a
//! `Vec` is always written, so that nothing required by FHIR or the International Patient Summary can be
//! missing. The tests check these types against the official JSON schema.
//!
//! We do not use the library `fhir-model` (MIT), for two reasons. It has every resource of the standard, and
//! each may contain every other, so the linker can drop none. A program that reads and writes one Bundle has
//! 16 MB (6 MB zipped), but one of our whole functions may have 3 MB zipped. The library also reads decimals
//! as floats and loses the precision that FHIR requires.

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

/// The language of the document and of its narratives.
pub(crate) const LANGUAGE: &str = "en-AU";

/// Decides whether an element is left out.
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

/// Declares structures whose absent elements are left out.
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

/// Declares FHIR's own codes, spelt as FHIR spells them.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident { $($(#[$attribute:meta])* $code:ident = $text:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Serialize)]
        pub enum $name {
            $($(#[$attribute])* #[serde(rename = $text)] $code,)*
        }

        impl crate::fhir::Absent for $name {}
    )*};
}

pub(crate) use {codes, elements};
