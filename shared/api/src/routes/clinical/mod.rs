//! `…/clinical-summary`: the clinical record for the referral form (referral guide, "Import patient data").

mod fhir_document;
mod handler;
mod negotiation;
mod operation;

pub(crate) use self::fhir_document::FhirDocument;
pub(crate) use self::handler::*;
