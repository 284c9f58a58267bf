//! `…/clinical-summary`: the clinical record for the referral form (referral guide, "Import patient data").

mod handler;
mod negotiation;
mod operation;

pub(crate) use self::handler::*;
