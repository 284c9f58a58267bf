//! How deliveries are listed.

use domain::delivery::{Delivery, DeliveryState};

use crate::item::instant;
use crate::work::Listing;

/// The beginning of the listing of delivered messages that no doctor has checked yet.
pub const UNCHECKED: &str = "unchecked#";
/// Sorts after all unchecked messages.
pub const UNCHECKED_END: &str = "unchecked~";
/// The beginning of the listing of delivered referrals, which nobody checks.
const FILED: &str = "filed#";

/// The listing of a delivery. Delivered messages and delivered referrals are listed apart, so that the
/// search for checked messages reads no referrals.
#[must_use]
pub fn listing(delivery: &Delivery) -> Listing {
    let state = delivery.state.name();
    if delivery.state != DeliveryState::Delivered {
        return Listing::state(state);
    }
    let group = if delivery.is_for_an_inbox() { UNCHECKED } else { FILED };
    Listing::by(state, format!("{group}{}", instant(delivery.accepted_at)))
}
