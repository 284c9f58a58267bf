//! A patient's clinical record, as it is imported into a referral. Texts are Bp's own words without their
//! padding. Codes are Bp's own numbers if their meaning is not public, and `None` if Bp has 0.
//!
//! "Nil known", "not recorded" and "could not be read" are three different answers: see [`Section`]. If a
//! value cannot be understood, only this value is missing. If a row cannot be understood, only this row is
//! missing. See [`Entry`].

mod family;
mod identity;
mod observation;
mod partial_date;
mod record;
mod section;
mod social;
mod summary;

pub use family::{FamilyComment, FamilyItem, Parent, ParentRelation, Relative};
pub use identity::{
    IdentifiedRecord, Identity, MedicareNumber, PracticeDetails, PracticeLocation, Practitioner,
};
pub use observation::{Observation, ObservationKind, ObservedAt, Reading, group};
pub use partial_date::PartialDate;
pub use record::{Allergy, Fracture, Immunisation, Medication, PastHistory};
pub use section::{Entry, NilMarker, Section, SectionProblem, SectionStatus, Unreadable, remarks};
pub use social::{Alcohol, Circumstances, Occupation, SocialItem, Tobacco};
pub use summary::{ClinicalSummary, SectionName, Sections};
