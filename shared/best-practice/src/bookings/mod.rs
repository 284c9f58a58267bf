//! The appointment book: pushes a booking, looks one up, and lists our appointments. `domain::booking` decides
//! from a lookup how a push without an answer has ended.

mod rows;

use domain::booking::token::{PracticeTag, Token};
use domain::booking::{BookRow, Booking, Placement, Pushed};
use domain::ids::{HaloGuid, PracticeId};
use halo::{Command, Deadline, Parameter, Row};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::client::BpClient;
use crate::error::{BpError, malformed};
use crate::statements::{Statement, StatementPack};

/// Bp's row for slots without a patient. Only appointments with this number are ours.
const NO_PATIENT: i64 = 0;
/// An integration has no Bp login of its own; public callers send 0.
const NO_LOGIN: i64 = 0;

/// The live appointments that carry a correlation token of a practice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AppointmentBook {
    /// The appointments that could be read.
    pub rows: Vec<BookRow>,
    /// The tokens of the others. `None` if the token could not be read either.
    pub unreadable: Vec<Option<Token>>,
}

impl AppointmentBook {
    /// Whether the book does not tell where this booking is, because rows could not be read.
    #[must_use]
    pub fn leaves_open(&self, token: &Token) -> bool {
        self.unreadable.iter().any(|unreadable| match unreadable {
            Some(unreadable) => unreadable == token,
            None => self.rows.iter().all(|row| row.token != *token),
        })
    }
}

/// The state that a push asks for: `@wanted`.
enum Wish<'a> {
    /// 0: not in the book.
    Out,
    /// 1: in the book, at this place.
    InTheBook(&'a Placement),
    /// 2: the visit has begun. An appointment at this place stays; one elsewhere is cancelled.
    AsItStands(&'a Placement),
}

impl StatementPack {
    /// The command that makes Bp's book show a booking as it is wanted now. It may be repeated safely.
    ///
    /// A visit that has begun is neither created nor moved; an appointment elsewhere is cancelled.
    #[must_use]
    pub fn push_booking(&self, booking: &Booking, now: Timestamp) -> Command {
        let placement = &booking.planned.placement;
        let wish = match (booking.cancelled, booking.is_too_late(now)) {
            (true, _) => Wish::Out,
            (false, true) => Wish::AsItStands(placement),
            (false, false) => Wish::InTheBook(placement),
        };
        self.push(&booking.token, booking.first_day, known(booking), wish, &booking.lifts)
    }

    /// The command that finds the appointment that a push may have made.
    #[must_use]
    pub fn booking_lookup(&self, booking: &Booking) -> Command {
        let (number, created) = known(booking);
        self.bare_command(Statement::BookingLookup)
            .with(Parameter::var_char("@token", booking.token.as_str()))
            .with(Parameter::date("@firstDay", booking.first_day))
            .with(Parameter::int("@appointmentId", number))
            .with(Parameter::var_char("@created", created))
            .with(Parameter::int("@patientId", NO_PATIENT))
    }

    fn push(
        &self,
        token: &Token,
        first_day: Date,
        (appointment, created): (i64, &str),
        wish: Wish<'_>,
        lifts: &[Token],
    ) -> Command {
        let lifts: Vec<_> = lifts.iter().map(Token::as_str).collect();
        let (code, wanted) = match wish {
            Wish::Out => (0, None),
            Wish::InTheBook(placement) => (1, Some(placement)),
            Wish::AsItStands(placement) => (2, Some(placement)),
        };
        let number = |of: fn(&Placement) -> i64| wanted.map_or(0, of);
        self.bare_command(Statement::BookingPush)
            .with(Parameter::var_char("@token", token.as_str()))
            .with(Parameter::date("@firstDay", first_day))
            .with(Parameter::int("@appointmentId", appointment))
            .with(Parameter::var_char("@created", created))
            .with(Parameter::int("@wanted", code))
            .with(Parameter::int("@userId", number(|wanted| wanted.user.0)))
            .with(Parameter::int("@locationId", number(|wanted| wanted.location.0)))
            .with(Parameter::date("@day", wanted.map_or(first_day, |wanted| wanted.day)))
            .with(Parameter::int("@time", number(|wanted| wanted.time)))
            .with(Parameter::int("@length", number(|wanted| wanted.length)))
            .with(Parameter::int("@type", number(|wanted| wanted.kind)))
            .with(Parameter::var_char("@reason", wanted.map_or("", |wanted| &wanted.reason)))
            .with(Parameter::var_char("@lifts", lifts.join(",")))
            .with(Parameter::int("@patientId", NO_PATIENT))
            .with(Parameter::int("@loginId", NO_LOGIN))
    }
}

/// The appointment that an earlier answer named: its number, and when it was created.
fn known(booking: &Booking) -> (i64, &str) {
    booking.appointment.zip(booking.appointment_created.as_deref()).unwrap_or((0, ""))
}

/// Reads the answer to a push.
///
/// # Errors
/// When the rows differ from what the statement's header promises.
pub fn read_push(rows: &[Row]) -> Result<Pushed, BpError> {
    malformed(Statement::BookingPush, rows::pushed(rows))
}

/// Reads the appointments that a lookup found for a booking, by its token or by its number.
///
/// # Errors
/// When the rows differ from what the statement's header promises.
pub fn read_lookup(booking: &Booking, rows: &[Row]) -> Result<Vec<BookRow>, BpError> {
    malformed(Statement::BookingLookup, rows::found(rows, &booking.token))
}

impl BpClient {
    /// The live appointments from a day on that carry a token of this practice.
    ///
    /// # Errors
    /// Every error that a query can have.
    pub async fn appointment_book(
        &self,
        guid: HaloGuid,
        practice: &PracticeId,
        from: Date,
        deadline: Deadline,
    ) -> Result<AppointmentBook, BpError> {
        let parameters = [Parameter::date("@from", from), Parameter::int("@patientId", NO_PATIENT)];
        let rows = self.read(guid, Statement::AppointmentBook, parameters, deadline).await?;
        let tag = PracticeTag::of(practice);
        let mut book = rows::book(&rows);
        book.rows.retain(|row| row.token.belongs_to(&tag));
        Ok(book)
    }

    /// Cancels the appointment with this token, for which we have no booking. It may be repeated safely,
    /// so it is sent like a read.
    ///
    /// # Errors
    /// Every error that a query can have.
    pub async fn clear_appointment(
        &self,
        guid: HaloGuid,
        token: &Token,
        day: Date,
        deadline: Deadline,
    ) -> Result<Pushed, BpError> {
        let command = self.pack().push(token, day, (0, ""), Wish::Out, &[]);
        let rows = self.query(guid, Statement::BookingPush, &command, deadline).await?;
        read_push(&rows)
    }
}
