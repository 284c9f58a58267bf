//! The HTTP API: routes, permission extractors, problem+json, and the functions' way into them.
//!
//! The way of a request is straight: Lambda event → [`caller`] and [`input`] → one route → Bp and
//! the table → answer, or a [`problem::Problem`].

mod bp_session;
pub mod caller;
mod charge;
mod connecting;
mod cursor;
mod input;
mod observe;
pub mod openapi;
pub mod problem;
pub mod routes;
pub mod serve;
mod shown;
mod tools;
mod trail;

use std::num::NonZeroU16;

use best_practice::BpPractice;
pub use cursor::Cursors;
use halo::Deadline;
use jiff::{SignedDuration, Timestamp};
use store::Store;
pub use tools::{Bucket, Wakes};
use usage::Counter;

/// What the routes of a practice work with.
#[derive(Clone, Debug)]
pub struct App {
    /// Bp through Halo.
    pub bp: BpPractice,
    /// The table.
    pub store: Store,
    /// How long a line of the audit trail is kept.
    pub audit_retention: SignedDuration,
    /// What counts the cost of asking Halo.
    pub counter: Counter,
}

/// The same, for the clinical import.
#[derive(Debug)]
pub struct ClinicalApp {
    /// Bp and the table.
    pub app: App,
    /// How many observations of a kind are shown, latest first.
    pub observations_per_code: NonZeroU16,
}

/// The same, for routes that lead through long lists.
#[derive(Debug)]
pub struct PagedApp {
    /// Bp and the table.
    pub app: App,
    /// What signs cursors.
    pub cursors: Cursors,
}

impl App {
    fn now() -> Timestamp {
        Timestamp::now()
    }

    fn deadline() -> Deadline {
        Deadline::after(domain::pairing::REQUEST_TIME)
    }
}
