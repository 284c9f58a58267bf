//! Documents, referrals, messages and their deliveries (referral guide, "Sending a referral"). A request is
//! answered once the delivery is stored. The practice's writer then changes Bp.

mod addressee_request;
mod chosen_patient;
mod deliveries;
mod documents;
mod message_request;
mod referral_request;
mod submit;
mod summary;
mod view;

pub(crate) use self::deliveries::*;
pub(crate) use self::documents::*;
pub(crate) use self::submit::*;
pub(crate) use self::summary::*;
