//! Registered queries: Halo runs them on a schedule at the practice.

use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use crate::client::{Body, Call, Deadline, HaloClient, Request};
use crate::command::Command;
use crate::error::Error;
use crate::meter::Cost;
use crate::rows::{self, Rows};

/// A query to register.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The integrator's label.
    pub name: String,
    /// The interval between runs: at least a minute.
    pub frequency: Duration,
    /// How long it stays registered: at most a day.
    pub duration: Duration,
    /// The command. It runs on the site's default database.
    pub command: Command,
}

/// A registered query as Halo reports it. Use the counters to judge it: a query whose runs all failed also
/// ends as `completed`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegisteredQuery {
    /// Halo's id.
    pub id: Uuid,
    /// The integrator's label.
    pub name: String,
    /// `initialisationFailedCacheError`, `enabled`, `cancelled`, `completed`.
    pub status: String,
    /// A value that changes when the result changes.
    pub last_hash: Option<String>,
    /// Counters.
    pub metrics: RegisteredMetrics,
}

/// Counters of a registered query.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RegisteredMetrics {
    /// Successful runs.
    pub execution_succeeded_count: i64,
    /// Failed runs.
    pub execution_failed_count: i64,
}

/// The latest result.
#[derive(Debug)]
pub struct RegisteredResult {
    /// The result sets.
    pub sets: Vec<Rows>,
}

#[derive(Deserialize)]
struct WireId {
    id: Uuid,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireList {
    registered_queries: Vec<RegisteredQuery>,
}

#[derive(Deserialize)]
struct WireData {
    data: String,
}

impl HaloClient {
    /// Registers a query.
    ///
    /// # Errors
    /// Every error that a call can have.
    pub async fn register(
        &self,
        site: Uuid,
        registration: &Registration,
        deadline: Deadline,
    ) -> Result<Uuid, Error> {
        let body = json!({
            "name": registration.name,
            "registeredQueryType": "query",
            "frequency": registration.frequency.as_secs(),
            "duration": registration.duration.as_secs(),
            "registerCommand": { "command": registration.command.command_json() },
        });
        let mut request = request(Method::POST, site, &[], Body::Json(body), Call::Write);
        // Halo counts the runs at the practice.
        request.cost = Cost::Submission(registration.command.name());
        Ok(self
            .send(&request, deadline, |answer| answer.json::<WireId>("registered query"))
            .await?
            .id)
    }

    /// All registered queries of a site.
    ///
    /// # Errors
    /// Every error that a call can have.
    pub async fn registered(
        &self,
        site: Uuid,
        deadline: Deadline,
    ) -> Result<Vec<RegisteredQuery>, Error> {
        let request = request(Method::GET, site, &[], Body::None, Call::Read);
        Ok(self
            .send(&request, deadline, |answer| answer.json::<WireList>("registered queries"))
            .await?
            .registered_queries)
    }

    /// One registered query.
    ///
    /// # Errors
    /// Every error that a call can have.
    pub async fn registered_query(
        &self,
        site: Uuid,
        id: Uuid,
        deadline: Deadline,
    ) -> Result<RegisteredQuery, Error> {
        let request = request(Method::GET, site, &[&id.to_string()], Body::None, Call::Read);
        self.send(&request, deadline, |answer| answer.json("registered query")).await
    }

    /// Stops a registered query. Stopping it again changes nothing.
    ///
    /// # Errors
    /// Every error that a call can have.
    pub async fn cancel_registered(
        &self,
        site: Uuid,
        id: Uuid,
        deadline: Deadline,
    ) -> Result<(), Error> {
        let request = request(Method::DELETE, site, &[&id.to_string()], Body::None, Call::Read);
        self.send(&request, deadline, |_| Ok(())).await
    }

    /// The latest result of a registered query.
    ///
    /// # Errors
    /// Every error that a call can have.
    pub async fn registered_result(
        &self,
        site: Uuid,
        id: Uuid,
        deadline: Deadline,
    ) -> Result<RegisteredResult, Error> {
        let request =
            request(Method::GET, site, &[&id.to_string(), "results"], Body::None, Call::Read);
        self.send(&request, deadline, |answer| {
            let wire = answer.json::<WireData>("registered result")?;
            Ok(RegisteredResult { sets: rows::decode(&wire.data)? })
        })
        .await
    }
}

fn request(
    method: Method,
    site: Uuid,
    rest: &[&str],
    body: Body<'static>,
    call: Call,
) -> Request<'static> {
    let mut path =
        ["sites", &site.to_string(), "queries", "registered"].map(str::to_owned).to_vec();
    path.extend(rest.iter().map(|&segment| segment.to_owned()));
    Request { method, path, query: Vec::new(), body, call, cost: Cost::Nothing }
}
