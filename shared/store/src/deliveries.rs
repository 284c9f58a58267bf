//! Under what deliveries are listed.

use domain::delivery::{Delivery, DeliveryState};

use crate::item::instant;
use crate::work::Listing;

/// Delivered messages that no doctor has checked yet, as the table lists them.
pub const UNCHECKED: &str = "unchecked#";
/// Sorts after all of them.
pub const UNCHECKED_END: &str = "unchecked~";
/// What is delivered and will not be checked.
const FILED: &str = "filed#";

/// Under what a delivery is listed. Delivered messages stand apart from delivered referrals, so that
/// the look for checked ones reads no others.
#[must_use]
pub fn listing(delivery: &Delivery) -> Listing {
    let state = delivery.state.name();
    if delivery.state != DeliveryState::Delivered {
        return Listing::state(state);
    }
    let group = if delivery.is_for_an_inbox() { UNCHECKED } else { FILED };
    Listing::by(state, format!("{group}{}", instant(delivery.accepted_at)))
}
