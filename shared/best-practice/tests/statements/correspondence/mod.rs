//! The statements that write letters and messages, executed on a made-up practice.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

mod chosen;
mod fallback;
mod letters;
mod locks;
mod messages;
mod support;
