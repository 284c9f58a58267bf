//! Halo Cloud and its control API, over HTTP, as an integrator meets them.

mod asynchronous;
mod control;
mod faults;
mod fhir;
mod immediate;
mod isolation;
mod pairing;
mod registered;
mod schema;
mod support;
mod webhooks;
