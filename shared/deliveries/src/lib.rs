//! Deliveries as work for a practice's Bp: referrals into Correspondence Out, messages into a
//! clinician's unchecked inbox, and the look whether a doctor has checked them.
//!
//! [`Deliveries`] tells the one writer of a practice what to write and what the answers mean; that it
//! happens once is `site_work`'s part. [`look_for_checked`] is a job of its own, one query for all of
//! a practice's messages.

mod checked;
mod kind;

pub use checked::{CheckError, Looked, MOST_ASKED, look_for_checked};
pub use kind::Deliveries;

use domain::delivery::{Delivery, DeliveryState};
use jiff::Timestamp;
use store::work::Listing;

/// Delivered messages that no doctor has checked yet, as the table lists them.
const UNCHECKED: &str = "unchecked#";
/// Sorts after all of them.
const UNCHECKED_END: &str = "unchecked~";
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
    Listing::by(state, format!("{group}{}", sortable(delivery.accepted_at)))
}

fn sortable(at: Timestamp) -> String {
    format!("{at:.3}")
}
