//! Lists bookings by state, then by their start in the practice's local time. A booking and the parts of its
//! attendants are written in one transaction.

use domain::booking::time::write_start;
use domain::booking::{Booking, BookingId, BookingState, Role, Together};
use domain::ids::PracticeId;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::table::Store;
use crate::work::{BodyHash, Entry, Listing, Work, WorkKey, WorkKind, WorkList};
use crate::work::{Merge, Merged, Strand};

/// How many bookings one query reads.
const PAGE: u16 = 200;

/// The listing of a booking.
#[must_use]
pub fn booking_listing(booking: &Booking) -> Listing {
    Listing::by(booking.state.name(), write_start(booking.visit.start))
}

/// A digest of what is wanted of a booking.
fn wish(booking: &Booking) -> BodyHash {
    BodyHash::of(&(&booking.visit, booking.cancelled))
}

/// A new booking's entry.
#[must_use]
pub fn booking_entry(booking: &Booking, now: Timestamp) -> Entry<Booking> {
    let key = WorkKey::booking(booking.entry_id());
    Entry::new(key, booking.clone(), wish(booking), &booking_listing(booking), now)
}

/// A booking's entry with what is wanted of it now. The entry becomes due only if the booking has a new
/// revision.
#[must_use]
pub fn booking_revised(mut entry: Entry<Booking>, body: Booking, now: Timestamp) -> Entry<Booking> {
    let listing = booking_listing(&body);
    if entry.body.revision == body.revision {
        entry.body = body;
        entry.list_under(&listing);
        return entry;
    }
    let hash = wish(&body);
    entry.reopened(body, hash, &listing, now)
}

/// A platform's booking as it is stored, with the parts of its attendants.
#[derive(Clone, Debug)]
pub struct KeptBooking {
    /// What the platform sees.
    record: Entry<Booking>,
    /// The parts of its attendants.
    parts: Vec<Entry<Booking>>,
}

impl KeptBooking {
    /// The bookings themselves.
    #[must_use]
    pub fn together(&self) -> Together {
        let parts = self.parts.iter().map(|part| part.body.clone());
        Together { record: self.record.body.clone(), parts: parts.collect() }
    }

    /// What must be written so that these become the wanted bookings: new entries and changed ones.
    fn differences(
        self,
        wanted: &Together,
        now: Timestamp,
    ) -> (Vec<Entry<Booking>>, Vec<Entry<Booking>>) {
        let Self { record, mut parts } = self;
        let (mut new, mut changed) = (Vec::new(), Vec::new());
        let divided = record.body.role == Role::Alone && wanted.record.role == Role::Whole;
        let mut whole = record.clone();
        if divided {
            // An attempt under way now belongs to the part, and so do its fence and its mark.
            whole.work = Work::new(now);
        }
        for part in &wanted.parts {
            let id = part.entry_id();
            if let Some(place) = parts.iter().position(|known| known.key.id == id) {
                let known = parts.swap_remove(place);
                if known.body != *part {
                    changed.push(booking_revised(known, part.clone(), now));
                }
            } else if divided && part.token == record.body.token {
                let moved = Entry { key: WorkKey::booking(id), ..record.clone() };
                // The listing contains the key, which has changed.
                let mut moved = booking_revised(moved, part.clone(), now);
                moved.list_under(&booking_listing(part));
                // Platforms do not know parts. The event of their newer revision is published later.
                moved.work.unpublished = None;
                new.push(moved);
            } else {
                new.push(booking_entry(part, now));
            }
        }
        changed.push(booking_revised(whole, wanted.record.clone(), now));
        (new, changed)
    }
}

/// Which entries of bookings to find.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BookingsOf {
    /// The platform's bookings. A visit to several attendants is one booking.
    Platform,
    /// The bookings in Bp's appointment book. A visit to several attendants has one part for each of
    /// them.
    Book,
}

impl BookingsOf {
    fn has(self, role: Role) -> bool {
        match self {
            Self::Platform => role != Role::Attendant,
            Self::Book => role != Role::Whole,
        }
    }
}

/// Which bookings of a practice, by the day on which they begin.
#[derive(Clone, Debug)]
pub struct BookingQuery {
    pub of: BookingsOf,
    /// In these states.
    pub states: Vec<BookingState>,
    /// On this day or later.
    pub from: Option<Date>,
    /// On this day or earlier.
    pub to: Option<Date>,
    /// Only bookings after this place.
    pub after: Option<BookingPlace>,
    /// The largest number of bookings, for all states together. The earliest ones are found.
    pub most: usize,
}

/// A booking's place in a list of all states: its start, and its id. It changes only if the booking is moved.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct BookingPlace(String);

impl BookingQuery {
    fn list(&self, state: BookingState) -> Strand {
        let after = self.after.as_ref().map(|place| place.0.clone());
        let list = WorkList {
            kind: WorkKind::Booking,
            state: Some(state.name()),
            ascending: true,
            // The place of the previous page is not before the first day.
            from: after.or_else(|| self.from.map(|day| day.to_string())),
            to: self.to.and_then(|day| day.tomorrow().ok()).map(|day| day.to_string()),
            // One more than needed, and the one at the place where the previous page ended.
            limit: u16::try_from(self.most.saturating_add(2)).unwrap_or(PAGE).min(PAGE),
        };
        Strand::new(list, "")
    }
}

/// Bookings, earliest first.
#[derive(Clone, Debug, Default)]
pub struct FoundBookings {
    /// In the order of their starts.
    pub bookings: Vec<Booking>,
    /// The place after which there are more bookings, if there are.
    pub next: Option<BookingPlace>,
    /// How many bookings cannot be read. They are left out of `bookings`, and logged.
    pub left_out: usize,
}

impl Store {
    /// Finds the earliest bookings. Costs one query for each state, and one more for each further 200
    /// bookings that must be read to know which are the earliest.
    pub async fn bookings(
        &self,
        practice: &PracticeId,
        query: &BookingQuery,
    ) -> Result<FoundBookings, StoreError> {
        let merge = Merge {
            strands: query.states.iter().map(|state| query.list(*state)).collect(),
            ascending: true,
            after: query.after.as_ref().map(|place| place.0.clone()),
            most: query.most,
            most_read: usize::MAX,
            wanted: |booking: &Booking| query.of.has(booking.role),
        };
        let Merged { found, next, left_out } = self.merged(practice, merge).await?;
        Ok(FoundBookings { bookings: found, next: next.map(BookingPlace), left_out })
    }

    /// A platform's booking with the parts of its attendants. `None` if there is no such booking. Costs
    /// one read, and one query if the booking has several attendants.
    pub async fn booking(
        &self,
        practice: &PracticeId,
        id: &BookingId,
    ) -> Result<Option<KeptBooking>, StoreError> {
        let key = WorkKey::booking(id.as_str());
        let Some(record) = self.work(practice, &key).await? else { return Ok(None) };
        let record: Entry<Booking> = record.read()?;
        let parts = match record.body.role {
            Role::Whole => self.parts(practice, &key).await?,
            Role::Alone | Role::Attendant => Vec::new(),
        };
        let parts = parts.into_iter().map(Entry::read).collect::<Result<_, _>>()?;
        Ok(Some(KeptBooking { record, parts }))
    }

    /// Stores what the platform wants, and makes the lane due, in one transaction. `known` is the
    /// booking as it was read, or `None` for a new one.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if any of it has changed since it was read. Then read it and decide
    /// again.
    pub async fn save_booking(
        &self,
        practice: &PracticeId,
        known: Option<KeptBooking>,
        wanted: &Together,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (new, changed) = match known {
            Some(known) => known.differences(wanted, now),
            None => {
                let all = std::iter::once(&wanted.record).chain(&wanted.parts);
                (all.map(|booking| booking_entry(booking, now)).collect(), Vec::new())
            }
        };
        self.accept_together(practice, &new, &changed, now).await
    }
}
