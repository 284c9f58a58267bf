//! Faults on demand: which call meets which fault. Chance is seeded.

use std::sync::{Mutex, PoisonError};

use http::StatusCode;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::{
    cloud::{
        answer::{ErrorShape, Refusal},
        effect::Effect,
        operation::Operation,
    },
    sql::SlotTaken,
};

use Effect as E;
use Operation as O;

/// A fault, as the control API takes it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FaultRequest {
    /// The operation's name here, the operation id of Halo's public document, a family's name, `any` or
    /// `*`.
    pub operation: String,
    /// What goes wrong.
    pub effect: Effect,
    /// How many calls meet the fault. If absent, calls meet it until `DELETE /faults`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// The probability that a matching call meets the fault. If absent, every one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// The seed for `probability`. If absent, the simulator's seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// The delay of `slow`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// Only calls about this Bp Site ID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_id: Option<String>,
    /// Only statements with this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
    /// Replaces the message, for example to distinguish the causes of a 403.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The message number of `executionFailed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<i32>,
    /// How the database reports `slotTaken`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<SlotVariant>,
    /// The value of `Retry-After`: seconds or an HTTP date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<String>,
    /// The form of a refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<ErrorShape>,
}

/// How the database reports `slotTaken`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum SlotVariant {
    /// An SQL error.
    Error,
    /// RETURN 0 and no row.
    ReturnZero,
    /// A second row in the same slot.
    DoubleBooking,
    /// The procedure ends the caller's transaction and returns 0.
    EndsTransaction,
    /// The procedure adds the appointment and leaves a transaction of its own open.
    OpensTransaction,
    /// The procedure that lists free times leaves a transaction of its own open.
    OpensTransactionEarly,
}

impl From<SlotVariant> for SlotTaken {
    fn from(variant: SlotVariant) -> Self {
        match variant {
            SlotVariant::Error => Self::Error,
            SlotVariant::ReturnZero => Self::ReturnZero,
            SlotVariant::DoubleBooking => Self::DoubleBooking,
            SlotVariant::EndsTransaction => Self::EndsTransaction,
            SlotVariant::OpensTransaction => Self::OpensTransaction,
            SlotVariant::OpensTransactionEarly => Self::OpensTransactionEarly,
        }
    }
}

/// The properties of a call that faults select by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Traits {
    pub(crate) site_id: Option<String>,
    pub(crate) statement: Option<String>,
    /// The command calls `BP_GetFreeAppointments`.
    pub(crate) reads_free_slots: bool,
    /// The command books.
    pub(crate) books: bool,
}

/// The faults of one call: at most one fault, and a delay in addition.
#[derive(Clone, Debug, Default)]
pub(crate) struct Weather {
    pub(crate) fault: Option<FaultRequest>,
    pub(crate) delay_ms: u64,
}

impl Weather {
    pub(crate) fn effect(&self) -> Option<Effect> {
        self.fault.as_ref().map(|fault| fault.effect)
    }

    pub(crate) fn is(&self, effect: Effect) -> bool {
        self.effect() == Some(effect)
    }

    /// The refusal, if the fault prevents the call.
    pub(crate) fn refusal(&self, operation: Operation) -> Option<(Refusal, Option<String>)> {
        let fault = self.fault.as_ref()?;
        let (status, message, gateway) = match fault.effect {
            E::Unauthorised => {
                (StatusCode::UNAUTHORIZED, "Access denied due to invalid subscription key.", true)
            }
            // A stale GUID is an effect of its own, so this 403 is about the caller's address.
            E::Forbidden => (StatusCode::FORBIDDEN, "Caller Ip Not Allowed", false),
            E::NotFound => (StatusCode::NOT_FOUND, "The resource was not found.", false),
            E::TooManyRequests => {
                (StatusCode::TOO_MANY_REQUESTS, "Rate limit is exceeded. Try again later.", true)
            }
            E::Internal => {
                (StatusCode::INTERNAL_SERVER_ERROR, "An unexpected error occurred.", false)
            }
            E::BadGateway => {
                (StatusCode::BAD_GATEWAY, "The practice software gave an unexpected answer.", false)
            }
            E::Unavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, "The site is offline; nothing was sent.", false)
            }
            E::TimeoutBeforeExecution | E::TimeoutAfterExecution => {
                (StatusCode::GATEWAY_TIMEOUT, "The site did not answer in time.", false)
            }
            _ => return None,
        };
        let message = fault.message.clone().unwrap_or_else(|| message.to_owned());
        let mut refusal = if gateway {
            Refusal::gateway(status, message)
        } else {
            Refusal::new(status, message).on(operation)
        };
        refusal.shape = fault.shape.unwrap_or(refusal.shape);
        let retry_after = (fault.effect == E::TooManyRequests)
            .then(|| fault.retry_after.clone().unwrap_or_else(|| "2".to_owned()));
        Some((refusal, retry_after))
    }
}

struct Active {
    request: FaultRequest,
    operations: Vec<Operation>,
    fired: u32,
    dice: ChaCha8Rng,
}

/// The active faults.
pub(crate) struct FaultPlan {
    active: Mutex<Vec<Active>>,
    seed: u64,
}

impl FaultPlan {
    pub(crate) fn new(seed: u64) -> Self {
        Self { active: Mutex::default(), seed }
    }

    /// Replaces all faults.
    ///
    /// # Errors
    /// The first invalid fault. In that case nothing changes.
    pub(crate) fn replace(&self, requests: Vec<FaultRequest>) -> Result<(), String> {
        let mut active = Vec::with_capacity(requests.len());
        for (index, request) in requests.into_iter().enumerate() {
            let operations =
                check(&request).map_err(|problem| format!("fault {index}: {problem}"))?;
            let dice = ChaCha8Rng::seed_from_u64(request.seed.unwrap_or(self.seed));
            active.push(Active { request, operations, fired: 0, dice });
        }
        *self.active.lock().unwrap_or_else(PoisonError::into_inner) = active;
        Ok(())
    }

    pub(crate) fn clear(&self) {
        self.active.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The faults, and how many calls have met each.
    pub(crate) fn list(&self) -> Vec<(FaultRequest, u32)> {
        let active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        active.iter().map(|fault| (fault.request.clone(), fault.fired)).collect()
    }

    /// Finds and counts the faults that this call meets.
    pub(crate) fn meet(&self, operation: Operation, traits: &Traits) -> Weather {
        let mut weather = Weather::default();
        let mut active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        for fault in active.iter_mut() {
            let slow = fault.request.effect == E::Slow;
            if !fault.operations.contains(&operation)
                || !selects(&fault.request, traits)
                || fault.request.times.is_some_and(|times| fault.fired >= times)
                || (!slow && weather.fault.is_some())
            {
                continue;
            }
            if let Some(probability) = fault.request.probability
                && !fault.dice.random_bool(probability)
            {
                continue;
            }
            fault.fired += 1;
            if slow {
                weather.delay_ms += fault.request.delay_ms.unwrap_or(1_000);
            } else {
                weather.fault = Some(fault.request.clone());
            }
        }
        weather
    }
}

fn selects(fault: &FaultRequest, traits: &Traits) -> bool {
    let fits = |wanted: &Option<String>, given: &Option<String>| {
        wanted.is_none() || wanted.as_deref() == given.as_deref()
    };
    let concerns = match fault.effect {
        E::Away => traits.reads_free_slots,
        E::SlotTaken => traits.books,
        _ => true,
    };
    concerns && fits(&fault.site_id, &traits.site_id) && fits(&fault.statement, &traits.statement)
}

/// The operations that a fault applies to.
fn check(fault: &FaultRequest) -> Result<Vec<Operation>, String> {
    let named = Operation::named(&fault.operation)
        .ok_or_else(|| format!("operation \"{}\" is unknown", fault.operation))?;
    if let Some(probability) = fault.probability
        && !(0.0..=1.0).contains(&probability)
    {
        return Err(format!("probability {probability} is not between 0 and 1"));
    }
    if fault.times == Some(0) {
        return Err("times 0 would never happen".to_owned());
    }
    if fault.delay_ms.is_some() && fault.effect != E::Slow {
        return Err("delayMs belongs to the effect slow".to_owned());
    }
    if fault.variant.is_some() && fault.effect != E::SlotTaken {
        return Err("variant belongs to the effect slotTaken".to_owned());
    }
    let possible = fault.effect.possible();
    let mut operations: Vec<Operation> =
        named.iter().copied().filter(|operation| possible.contains(operation)).collect();
    if fault.effect.stands_for(&named) {
        let registered_only = !named.contains(&O::AsyncQuery);
        for operation in possible {
            let later = matches!(operation, O::RegisteredExecution | O::Webhook);
            if !operations.contains(&operation) && (later || !registered_only) {
                operations.push(operation);
            }
        }
    }
    if operations.is_empty() {
        let effect = serde_json::to_string(&fault.effect).unwrap_or_default();
        return Err(format!("effect {effect} never occurs on operation \"{}\"", fault.operation));
    }
    Ok(operations)
}
