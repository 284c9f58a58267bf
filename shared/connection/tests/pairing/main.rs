//! Whoever is connected to a site gave a code to which Halo said yes, after that practice last
//! disconnected from the site or moved away from it.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

mod faults;
mod schedules;
mod turns;
mod world;
