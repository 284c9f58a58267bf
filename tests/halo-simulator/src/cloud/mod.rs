//! Halo Cloud: every operation of its public API for integrators.

mod answer;
mod asynchronous;
mod client;
mod clock;
mod command;
mod effect;
mod encoding;
mod fault;
mod fhir;
mod held;
mod immediate;
mod journal;
mod operation;
mod options;
mod pages;
mod pipeline;
mod pool;
mod registered;
mod simulator;
mod site;
mod sites;
mod socket;
mod webhook;
mod world;

pub use self::{
    answer::ErrorShape,
    client::{ClientError, local_client, local_client_builder},
    effect::Effect,
    fault::{FaultRequest, SlotVariant},
    operation::Operation,
    options::{Options, RowEncoding, StreamForm, WebhookTarget},
    simulator::{Running, RunningPractice, Simulator, StartError},
    site::{Availability, LookupBeforePair},
};
pub(crate) use self::{
    clock::utc,
    held::HeldTransaction,
    journal::Since,
    site::{Site, SiteState},
    world::World,
};
