//! `/v1/webhook-endpoints`: the addresses at which a platform receives events. Only the platform's own servers
//! manage them.

mod actions;
mod handlers;
mod state;
mod view;

pub(crate) use self::actions::*;
pub(crate) use self::handlers::*;
pub use self::state::WebhookEndpoints;
