//! A practice that is connected to a site has entered a code that Halo confirmed. Halo confirmed it
//! after the practice last disconnected from the site or moved away from it.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

mod faults;
mod schedules;
mod turns;
mod world;
