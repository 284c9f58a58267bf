//! The scheduled jobs for a practice's bookings: they compare the staff list with Bp's users, and the
//! record of bookings with Bp's appointment book.

use std::collections::BTreeSet;

use aws::events::EventKind;
use best_practice::{BpClient, BpError};
use connection::{Clock as _, SessionError, Sessions, SystemClock};
use domain::booking::token::Token;
use domain::booking::{
    BookRow, Booking, BookingState, Correction, Happened, Role, corrections, time,
};
use domain::ids::PracticeId;
use domain::staff::StaffList;
use halo::Deadline;
use jiff::Timestamp;
use store::work::{Entry, WorkKey, WorkKind, WorkList};
use store::{BookingQuery, BookingsOf, Store, StoreError, booking_listing, booking_revised};

/// Bookings that one query of the table reads.
const PAGE: u16 = 200;
/// How often an entry is read again if a client changes it at the same moment.
const MOST_TRIES: u32 = 5;

/// Why a job failed. It is tried again.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Bp did not answer.
    #[error(transparent)]
    Bp(#[from] SessionError<BpError>),
    /// The table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a reconciliation found. It holds only counts, because it is logged.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Reconciled {
    /// Bookings compared.
    pub compared: usize,
    /// Bookings that will be pushed again.
    pub put_back: usize,
    /// Appointments that belonged to no booking and were cancelled.
    pub cleared: usize,
    /// When the next visit begins.
    pub next_visit: Option<Timestamp>,
    /// Visits that differ but stay as they are: the visitor has arrived, or somebody is booked over it.
    pub left: usize,
}

/// Runs the jobs. Costs nothing to make.
#[derive(Clone, Copy, Debug)]
pub struct BookingJobs<'a> {
    bp: &'a BpClient,
    store: &'a Store,
}

impl<'a> BookingJobs<'a> {
    /// Asks through this client and stores in this table.
    #[must_use]
    pub fn new(bp: &'a BpClient, store: &'a Store) -> Self {
        Self { bp, store }
    }

    /// Compares the staff list with Bp's users. One query, or none if the list is empty or the practice is
    /// not connected.
    ///
    /// # Errors
    /// When Bp or the table does not answer.
    pub async fn sync_staff(
        self,
        practice: &PracticeId,
        deadline: Deadline,
    ) -> Result<StaffList, JobError> {
        let kept = self.store.staff(practice).await?;
        if kept.list.staff.is_empty() {
            return Ok(kept.list);
        }
        let sessions = Sessions::new(self.bp.clone(), self.store);
        let mut session = match sessions.open(practice, deadline).await {
            Err(SessionError::NotConnected) => return Ok(kept.list),
            opened => opened?,
        };
        let register = session.ask(|guid| self.bp.register(guid, deadline)).await?;
        let database = session.connection().database();
        Ok(self.store.sync_staff(practice, kept, &register, &database, SystemClock.now()).await?)
    }

    /// Compares the record with Bp's appointment book from today on, with one query. Bookings that differ
    /// are then due to be pushed again, with one query each. Appointments that carry a mark of this
    /// practice but belong to no booking are cancelled, with one query each. The caller must hold the
    /// practice's lane, so that no push is running.
    ///
    /// # Errors
    /// When Bp or the table does not answer. What was corrected before stays corrected.
    pub async fn reconcile(
        self,
        practice: &PracticeId,
        deadline: Deadline,
    ) -> Result<Reconciled, JobError> {
        let settings = self.store.practice(practice).await?.settings;
        let (Some(zone), true) = (&settings.time_zone, settings.bookings.enabled) else {
            return Ok(Reconciled::default());
        };
        let now = SystemClock.now();
        let today = time::local(now, zone).date();
        let sessions = Sessions::new(self.bp.clone(), self.store);
        let mut session = match sessions.open(practice, deadline).await {
            Err(SessionError::NotConnected) => return Ok(Reconciled::default()),
            opened => opened?,
        };
        let book =
            session.ask(|guid| self.bp.appointment_book(guid, practice, today, deadline)).await?;
        let query = BookingQuery {
            of: BookingsOf::Book,
            states: BookingState::ALL.to_vec(),
            from: Some(today),
            to: None,
            after: None,
            most: usize::MAX,
        };
        let found = self.store.bookings(practice, &query).await?;
        let (mut record, all_read) = (found.bookings, found.left_out == 0);
        // A booking that was planned for another Bp is sent to this one only when a client says so.
        let database = session.connection().database();
        record.retain(|booking| booking.planned.site == database);
        let to_come = record.iter().filter(|booking| !booking.cancelled && !booking.has_begun(now));
        let next_visit = to_come.map(|booking| booking.planned.starts_at).min();
        // An appointment that cannot be read is neither missing nor a stray: the next job compares it again.
        record.retain(|booking| !book.leaves_open(&booking.token));
        let rows: Vec<BookRow> =
            book.rows.iter().filter(|row| !book.leaves_open(&row.token)).cloned().collect();
        let found = corrections(practice, &record, &rows, now);
        let compared = record.len();
        let mut reconciled = Reconciled { compared, next_visit, ..Reconciled::default() };
        let strays = found.iter().any(|one| matches!(one, Correction::Clear { .. }));
        // Past bookings, and bookings that are being moved to another day, have marks as well.
        let known = if strays && all_read { self.tokens(practice).await? } else { None };
        for correction in found {
            match correction {
                Correction::PushAgain { booking, why } => {
                    let again = |booking: &mut Booking| booking.put_back(why, now);
                    self.change(practice, &booking, Some(why), again).await?;
                    reconciled.put_back += 1;
                }
                Correction::LeaveArrived { booking } => {
                    let left = |booking: &mut Booking| booking.found_arrived(now);
                    self.change(practice, &booking, None, left).await?;
                    reconciled.left += 1;
                }
                Correction::Overbooked { booking } => {
                    let overbooked = |booking: &mut Booking| booking.overbooked(now);
                    self.change(practice, &booking, None, overbooked).await?;
                    reconciled.left += 1;
                }
                Correction::AsWanted { booking } => {
                    let as_wanted = |booking: &mut Booking| booking.found_as_wanted(now);
                    self.change(practice, &booking, None, as_wanted).await?;
                }
                Correction::Clear { token, day }
                    if known.as_ref().is_some_and(|known| !known.contains(&token)) =>
                {
                    session
                        .ask(|guid| self.bp.clear_appointment(guid, &token, day, deadline))
                        .await?;
                    reconciled.cleared += 1;
                }
                Correction::Clear { .. } => {}
            }
        }
        tracing::info!(
            practice = practice.as_str(),
            compared = reconciled.compared,
            put_back = reconciled.put_back,
            cleared = reconciled.cleared,
            left = reconciled.left,
            "compared Bp's appointment book with the record"
        );
        Ok(reconciled)
    }

    /// Changes a settled booking. A booking that a client has changed meanwhile is pushed anyway.
    async fn change(
        self,
        practice: &PracticeId,
        booking: &str,
        reopens: Option<Happened>,
        change: impl Fn(&mut Booking),
    ) -> Result<(), StoreError> {
        let key = WorkKey::booking(booking);
        for _ in 0..MOST_TRIES {
            let Some(entry) = self.store.work(practice, &key).await? else { return Ok(()) };
            let mut entry: Entry<Booking> = entry.read()?;
            if matches!(entry.body.state, BookingState::Pending | BookingState::Waiting) {
                return Ok(());
            }
            let before = entry.body.clone();
            change(&mut entry.body);
            if entry.body == before {
                return Ok(());
            }
            let now = SystemClock.now();
            if before.role == Role::Attendant {
                let part = entry.clone().with_body(before);
                let part = booking_revised(part, entry.body, now);
                match self.change_part(practice, part, reopens, now).await {
                    Err(StoreError::Conflict) => continue,
                    outcome => return outcome,
                }
            }
            let (body, hash) = (entry.body.clone(), entry.hash.clone());
            let listing = booking_listing(&body);
            let outcome = if reopens.is_some() {
                let entry = entry.reopened(body, hash, &listing, now);
                self.store.reopen_work(practice, &entry, now).await
            } else {
                entry.list_under(&listing);
                if before.is_overbooked() != body.is_overbooked() {
                    // The writer publishes it: it works on what is due directly after this job.
                    let event = match body.is_overbooked() {
                        true => EventKind::BookingConflict,
                        false => EventKind::BookingSynced,
                    };
                    entry.work.unpublished = Some(event.as_str().to_owned());
                    entry.work.unpublished_at = Some(now);
                    entry.work.events += 1;
                    entry.due = Some(now);
                }
                self.store.transition_work(practice, &entry).await.map(drop)
            };
            match outcome {
                Err(StoreError::Conflict) => {}
                outcome => return outcome,
            }
        }
        Ok(())
    }

    /// Stores an attendant's part together with its whole. After this job the whole is compared with all
    /// its parts.
    async fn change_part(
        self,
        practice: &PracticeId,
        part: Entry<Booking>,
        reopens: Option<Happened>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let key = WorkKey::booking(part.body.booking_id.as_str());
        let whole = self.store.work(practice, &key).await?.ok_or(StoreError::Corrupt)?;
        let whole: Entry<Booking> = whole.read()?;
        let mut body = whole.body.clone();
        // A withdrawn part is put back where it was: out of the book. The whole does not change.
        if let Some(why) = reopens.filter(|_| !part.body.withdrawn) {
            body.part_put_back(why, now);
        }
        let mut whole = booking_revised(whole, body, now);
        whole.due = Some(now);
        self.store.accept_together(practice, &[], &[part, whole], now).await
    }

    /// The marks of all bookings that ever were. `None` if a booking cannot be read: its appointment then
    /// looks as if it belonged to no booking, and must not be cancelled.
    async fn tokens(self, practice: &PracticeId) -> Result<Option<BTreeSet<Token>>, StoreError> {
        let mut tokens = BTreeSet::new();
        let list = WorkList {
            kind: WorkKind::Booking,
            state: None,
            ascending: true,
            from: None,
            to: None,
            limit: PAGE,
        };
        let mut after = None;
        loop {
            let page = self.store.list_work(practice, &list, after.as_ref()).await?;
            if page.left_out > 0 {
                return Ok(None);
            }
            for entry in page.entries {
                let Some(booking) = entry.readable::<Booking>() else { return Ok(None) };
                let booking = booking.body;
                // Each part of a visit has a mark in the book. The whole has none.
                if booking.role != Role::Whole {
                    tokens.insert(booking.token);
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(Some(tokens));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aws_double::{Answer, Aws};
    use best_practice::StatementPack;
    use halo::{FixedKeys, HaloClient, Keys};
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn while_a_booking_cannot_be_read_no_appointment_counts_as_a_stray() {
        let newer = json!({ "pk": { "S": "WORK#bluegum-hollow" }, "sk": { "S": "BOOKING#b-1" },
            "format": { "N": "2" } });
        let keys = Keys { primary: "made up".into(), secondary: None };
        let url = "http://halo.invalid".parse().unwrap();
        let http = aws::clients::http().unwrap();
        let halo = HaloClient::new(http, url, Arc::new(FixedKeys(keys)));
        let bp = BpClient::new(halo, StatementPack::load(None).unwrap());
        let practice = PracticeId::parse("bluegum-hollow").unwrap();
        for (items, known) in [(json!([]), Some(BTreeSet::new())), (json!([newer]), None)] {
            let aws = Aws::answering(move |_| Answer::of(json!({ "Items": items })));
            let store = Store::new(aws_sdk_dynamodb::Client::new(&aws.config()), "table");
            let tokens = BookingJobs::new(&bp, &store).tokens(&practice).await.unwrap();
            assert_eq!(tokens, known);
        }
    }
}
