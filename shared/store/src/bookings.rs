//! Bookings as they are listed: by state, then by their start on the practice's clock.

use domain::booking::time::write_start;
use domain::booking::{Booking, BookingState};
use domain::ids::PracticeId;
use jiff::civil::Date;

use crate::work::{Listing, WorkKind, WorkList};
use crate::{Store, StoreError};

/// Bookings read by one query.
const PAGE: u16 = 200;

/// Under what a booking is listed.
#[must_use]
pub fn booking_listing(booking: &Booking) -> Listing {
    Listing::by(booking.state.name(), write_start(booking.visit.start))
}

/// Which bookings of a practice, by the day on which they begin.
#[derive(Clone, Debug)]
pub struct BookingQuery {
    /// In these states.
    pub states: Vec<BookingState>,
    /// On this day or later.
    pub from: Option<Date>,
    /// On this day or earlier.
    pub to: Option<Date>,
    /// At most as many, all states together.
    pub most: usize,
}

/// Bookings, earliest first.
#[derive(Clone, Debug, Default)]
pub struct FoundBookings {
    /// In the order of their starts.
    pub bookings: Vec<Booking>,
    /// Whether there are more than were asked for.
    pub more: bool,
}

impl Store {
    /// Finds bookings. One query for each state, and one more for each further 200 of it.
    ///
    /// # Errors
    /// When the table gives no answer.
    pub async fn bookings(
        &self,
        practice: &PracticeId,
        query: &BookingQuery,
    ) -> Result<FoundBookings, StoreError> {
        let mut found = FoundBookings::default();
        for state in &query.states {
            let list = WorkList {
                kind: WorkKind::Booking,
                state: Some(state.name()),
                from: query.from.map(|day| day.to_string()),
                to: query.to.and_then(|day| day.tomorrow().ok()).map(|day| day.to_string()),
                limit: PAGE,
            };
            let mut after = None;
            loop {
                let page = self.list_work(practice, &list, after.as_ref()).await?;
                for entry in page.entries {
                    found.bookings.push(entry.read::<Booking>()?.body);
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
                if found.bookings.len() > query.most {
                    found.more = true;
                    break;
                }
            }
        }
        found.bookings.sort_by(|one, other| {
            (one.visit.start, &one.booking_id).cmp(&(other.visit.start, &other.booking_id))
        });
        found.more |= found.bookings.len() > query.most;
        found.bookings.truncate(query.most);
        Ok(found)
    }
}
