//! The FHIR operations, over the same database.

mod capability;
mod documents;
mod patient;
mod search;

use bytes::Bytes;
use http::StatusCode;
use serde_json::Value;

pub(crate) use search::Continuations;

use crate::{
    cloud::{
        answer::{Answer, ErrorShape, Refusal},
        effect::Effect,
        fault::Weather,
        immediate::execution_fault,
        pool::Catalogue,
        site::{Availability, ExecutionError, Site},
        world::World,
    },
    sql::{Command, ResultSet, SqlError},
};

/// What a FHIR call needs for its answer.
struct Context<'a> {
    world: &'a World,
    site: &'a Site,
    guid: &'a str,
    weather: &'a Weather,
}

/// `GET …/fhir/R4/…`.
pub(crate) async fn read(
    world: &World,
    guid: &str,
    path: &str,
    query: &str,
    weather: &Weather,
) -> Result<Answer, Refusal> {
    let context = Context { world, site: reachable(world, guid)?, guid, weather };
    let (path, query) = decoded(path, query)?;
    let query = query.as_str();
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        ["metadata"] => {
            let statement = capability::statement(context.site, world.clock.now());
            Ok(Answer::fhir(StatusCode::OK, statement))
        }
        ["Patient"] => search::run(&context, &pairs(query)?).await,
        ["Patient", id] if !id.starts_with('$') => patient::read(&context, id).await,
        ["DocumentReference"] if context.offers_documents() => {
            documents::search(&context, &pairs(query)?).await
        }
        ["DocumentReference", id] if context.offers_documents() => {
            documents::read(&context, id).await
        }
        ["Binary", id] if context.offers_documents() => documents::binary(&context, id).await,
        _ => Err(not_supported()),
    }
}

/// `POST …/fhir/R4/{resource}/_search`.
pub(crate) async fn post_search(
    world: &World,
    guid: &str,
    path: &str,
    body: &Bytes,
    weather: &Weather,
) -> Result<Answer, Refusal> {
    let context = Context { world, site: reachable(world, guid)?, guid, weather };
    let form = std::str::from_utf8(body)
        .map_err(|_| Refusal::bad_request("The form is not UTF-8 text."))?;
    match path {
        "Patient/_search" => search::run(&context, &pairs(form)?).await,
        "DocumentReference/_search" if context.offers_documents() => {
            documents::search(&context, &pairs(form)?).await
        }
        _ => Err(not_supported()),
    }
}

/// The path and query of a call. Halo describes everything after `fhir/R4/` as one path parameter.
/// Generated clients percent-encode that parameter, including slashes and the search.
fn decoded(path: &str, query: &str) -> Result<(String, String), Refusal> {
    if !path.contains('%') {
        return Ok((path.to_owned(), query.to_owned()));
    }
    let unreadable = || Refusal::bad_request("The path cannot be read.");
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.ok_or_else(unreadable)?);
        rest = &tail[2..];
    }
    let text = String::from_utf8(bytes).map_err(|_| unreadable())?;
    Ok(match text.split_once('?') {
        Some((path, inner)) if query.is_empty() => (path.to_owned(), inner.to_owned()),
        Some((path, inner)) => (path.to_owned(), format!("{inner}&{query}")),
        None => (text, query.to_owned()),
    })
}

fn not_supported() -> Refusal {
    Refusal::not_found("The resource or operation is not supported.")
}

fn pairs(encoded: &str) -> Result<Vec<(String, String)>, Refusal> {
    let uri: http::Uri = format!("/?{encoded}")
        .parse()
        .map_err(|_| Refusal::bad_request("The search parameters cannot be read."))?;
    axum::extract::Query::try_from_uri(&uri)
        .map(|read| read.0)
        .map_err(|_| Refusal::bad_request("The search parameters cannot be read."))
}

/// Link answers FHIR calls, so it must be online. The database need not be.
fn reachable<'a>(world: &'a World, guid: &str) -> Result<&'a Site, Refusal> {
    let site = world.paired_site(guid)?;
    let state = site.state();
    let status = match state.availability {
        Availability::Online if state.link_installed => None,
        Availability::Unreachable => Some(StatusCode::GATEWAY_TIMEOUT),
        _ => Some(StatusCode::SERVICE_UNAVAILABLE),
    };
    drop(state);
    match status {
        None => Ok(site),
        Some(status) => Err(Refusal::new(status, "The site cannot be reached.")),
    }
}

impl Context<'_> {
    /// Whether this site's engine offers documents.
    fn offers_documents(&self) -> bool {
        self.site.state().fhir_documents
    }

    /// Runs a statement under the integrator's own login, as the real engine does.
    async fn select(&self, command: Command) -> Result<ResultSet, Refusal> {
        if !self.site.state().integration_enabled {
            return Err(Refusal {
                status: StatusCode::FORBIDDEN,
                message: "Login failed for user 'BPSPartner'.".to_owned(),
                shape: ErrorShape::OperationOutcome,
            });
        }
        if let Some(error) = execution_fault(self.weather) {
            return Err(database_failure(&error));
        }
        let zone = &self.site.identity.zone;
        let environment = self.site.environment(self.world.clock.practice_time(zone));
        let limit = Some(self.world.options.immediate_execution_limit);
        let done = self.site.execute(Catalogue::Patients, command, environment, limit).await;
        if self.weather.is(Effect::TooLarge) {
            return Err(database_failure(&SqlError {
                number: 413,
                message: "The result is larger than the limit.".to_owned(),
            }));
        }
        match done {
            Ok((outcome, _)) => Ok(outcome.result_sets.into_iter().next().unwrap_or_default()),
            Err(ExecutionError::Sql(error)) => Err(database_failure(&error)),
            Err(ExecutionError::TimedOut) => {
                Err(Refusal::new(StatusCode::GATEWAY_TIMEOUT, "The site did not answer in time."))
            }
            Err(ExecutionError::Crashed) => {
                Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "The practice server failed."))
            }
        }
    }
}

fn database_failure(error: &SqlError) -> Refusal {
    Refusal {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        message: error.message.clone(),
        shape: ErrorShape::OperationOutcome,
    }
}

/// Removes empty members: FHIR allows neither null nor empty arrays.
fn without_empty(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(name, field)| (name, without_empty(field)))
                .filter(|(_, field)| !is_empty(field))
                .collect(),
        ),
        Value::Array(items) => Value::Array(
            items.into_iter().map(without_empty).filter(|item| !is_empty(item)).collect(),
        ),
        other => other,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}
