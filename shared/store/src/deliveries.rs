//! How deliveries are listed, and lists of deliveries.

use domain::delivery::{Delivery, DeliveryKind, DeliveryState};
use domain::ids::PracticeId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::item::instant;
use crate::table::Store;
use crate::work::{Listing, Merge, Merged, Strand, WorkKind, WorkList};

/// The beginning of the listing of delivered messages that no doctor has checked yet.
pub const UNCHECKED: &str = "unchecked#";
/// Sorts after all unchecked messages.
pub const UNCHECKED_END: &str = "unchecked~";
/// The beginning of the listing of delivered referrals, which nobody checks.
const FILED: &str = "filed#";
/// How many deliveries one query reads.
const PAGE: u16 = 200;
/// After how many deliveries the reading of one page stops, even if few are of the wanted kind.
const MOST_READ: usize = 2000;

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

/// Which deliveries of a practice.
#[derive(Clone, Debug)]
pub struct DeliveryQuery {
    /// In this state. `None` for all states.
    pub state: Option<DeliveryState>,
    /// Of this kind. `None` for all kinds.
    pub kind: Option<DeliveryKind>,
    /// Accepted at this instant or later.
    pub from: Option<Timestamp>,
    /// Accepted before this instant.
    pub to: Option<Timestamp>,
    /// Only deliveries after this place.
    pub after: Option<DeliveryPlace>,
    /// The largest number of deliveries.
    pub most: u16,
}

/// A delivery's place in a list of all states: when it was accepted, and its id. It never changes.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct DeliveryPlace(String);

/// Deliveries, newest first.
#[derive(Clone, Debug)]
pub struct FoundDeliveries {
    /// In the order of their acceptance, the newest first.
    pub deliveries: Vec<Delivery>,
    /// The place after which there may be more, if the end was not reached.
    pub next: Option<DeliveryPlace>,
}

impl DeliveryQuery {
    /// The states to read, in the order of a delivery's life: a delivery that moves on while the lists are read is
    /// then found later. States that a delivery can leave backwards are also read first.
    fn states(&self) -> Vec<DeliveryState> {
        use DeliveryState::{Failed, Waiting};
        match self.state {
            Some(state) => vec![state],
            None => [Failed, Waiting]
                .into_iter()
                .chain([DeliveryState::Accepted, DeliveryState::Sending, Waiting])
                .chain([DeliveryState::Delivered, DeliveryState::Checked, DeliveryState::Removed])
                .chain([Failed])
                .collect(),
        }
    }

    fn lists(&self, state: DeliveryState) -> Vec<Strand> {
        let groups: &[&str] = match state {
            // Some are listed without a group.
            DeliveryState::Delivered => &[UNCHECKED, FILED, ""],
            _ => &[""],
        };
        let list = |group: &&'static str| {
            let from = self.from.map(instant).unwrap_or_default();
            let last = self.after.as_ref().map(|place| place.0.clone());
            // Instants begin with a digit, unlike the groups. `~` sorts after all ids.
            let end = self.to.map_or_else(|| "9".to_owned(), instant);
            let to = last.unwrap_or_else(|| format!("{end}~"));
            let limit = match self.kind {
                Some(_) => PAGE,
                None => self.most.saturating_add(2).min(PAGE),
            };
            let list = WorkList {
                kind: WorkKind::Delivery,
                state: Some(state.name()),
                ascending: false,
                from: Some(format!("{group}{from}")),
                to: Some(format!("{group}{to}")),
                limit,
            };
            Strand::new(list, group)
        };
        groups.iter().map(list).collect()
    }

    fn has(&self, delivery: &Delivery) -> bool {
        self.kind.is_none_or(|kind| delivery.kind() == kind)
            && self.from.is_none_or(|from| delivery.accepted_at >= from)
            && self.to.is_none_or(|to| delivery.accepted_at < to)
    }
}

impl Store {
    /// Finds the newest deliveries. Costs one query for each state, three for delivered ones, and one more for each
    /// further 200 deliveries that must be read. Reads at most some thousand deliveries: a page may be short, and
    /// still have a next one.
    pub async fn deliveries(
        &self,
        practice: &PracticeId,
        query: &DeliveryQuery,
    ) -> Result<FoundDeliveries, StoreError> {
        let merge = Merge {
            strands: query.states().into_iter().flat_map(|state| query.lists(state)).collect(),
            ascending: false,
            after: query.after.as_ref().map(|place| place.0.clone()),
            most: usize::from(query.most),
            most_read: MOST_READ,
            wanted: |delivery: &Delivery| query.has(delivery),
        };
        let Merged { found, next, .. } = self.merged(practice, merge).await?;
        Ok(FoundDeliveries { deliveries: found, next: next.map(DeliveryPlace) })
    }
}
