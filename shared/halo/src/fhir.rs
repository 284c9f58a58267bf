//! FHIR R4 through Halo: reads and searches. Resources are returned as JSON, without types.

use std::fmt;

use bytes::Bytes;
use futures::{Stream, StreamExt as _, stream};
use reqwest::Method;
use serde_json::Value;
use uuid::Uuid;

use crate::client::{Answer, Body, Call, Deadline, HaloClient, Request};
use crate::error::Error;
use crate::meter::Cost;
use crate::row_stream::RowReader;

/// A search. It identifies people, so it is sent as a form, never in a URL, and cannot be printed.
#[derive(Clone)]
pub struct FhirQuery {
    /// A resource type, such as `Patient`.
    pub resource: &'static str,
    /// Search parameters.
    pub parameters: Vec<(String, String)>,
}

impl fmt::Debug for FhirQuery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("FhirQuery")
            .field("resource", &self.resource)
            .finish_non_exhaustive()
    }
}

impl HaloClient {
    /// The site's CapabilityStatement. It does not touch the practice's database.
    ///
    /// # Errors
    /// Every error that a call can have.
    pub async fn fhir_metadata(&self, site: Uuid, deadline: Deadline) -> Result<Value, Error> {
        self.fhir_read(site, &["metadata"], deadline).await
    }

    /// Reads a resource by the segments of its path, such as `["Patient", "7"]`.
    ///
    /// # Errors
    /// Every error that a call can have.
    pub async fn fhir_read(
        &self,
        site: Uuid,
        segments: &[&str],
        deadline: Deadline,
    ) -> Result<Value, Error> {
        let request = Request {
            method: Method::GET,
            path: path(site, segments),
            query: Vec::new(),
            body: Body::None,
            call: Call::Read,
            cost: Cost::Query("fhir_read"),
        };
        self.send(&request, deadline, |answer| {
            resource(answer, |kind| kind != "OperationOutcome", "FHIR resource")
        })
        .await
    }

    /// The bytes of a Binary (`GET …/Binary/{id}`), as they arrive. The stream ends after the resource or
    /// after its first error. The resource is complete only if the stream ends without an error.
    ///
    /// # Errors
    /// Every error that a call can have.
    pub async fn fhir_binary(
        &self,
        site: Uuid,
        id: &str,
        deadline: Deadline,
    ) -> Result<impl Stream<Item = Result<Bytes, Error>> + Send + use<>, Error> {
        let request = Request {
            method: Method::GET,
            path: path(site, &["Binary", id]),
            query: Vec::new(),
            body: Body::None,
            call: Call::Read,
            cost: Cost::Query("fhir_binary"),
        };
        let resource = Box::pin(self.send_streaming(&request, deadline).await?);
        let state = Some((resource, RowReader::binary()));
        Ok(stream::unfold(state, |state| async move {
            let (mut resource, mut reader) = state?;
            loop {
                if let Some(bytes) = reader.next_bytes() {
                    return Some((Ok(bytes), Some((resource, reader))));
                }
                let read = match resource.next().await {
                    Some(Ok(piece)) => reader.feed(&piece),
                    Some(Err(error)) => Err(error),
                    None => match reader.end_input() {
                        Ok(()) => return None,
                        Err(error) => Err(error),
                    },
                };
                if let Err(error) = read {
                    return Some((Err(error), None));
                }
            }
        }))
    }

    /// Searches by `POST …/_search`.
    ///
    /// # Errors
    /// Every error that a call can have.
    pub async fn fhir_search(
        &self,
        site: Uuid,
        query: &FhirQuery,
        deadline: Deadline,
    ) -> Result<Value, Error> {
        let request = Request {
            method: Method::POST,
            path: path(site, &[query.resource, "_search"]),
            query: Vec::new(),
            body: Body::Form(query.parameters.clone()),
            call: Call::Read,
            cost: Cost::Query("fhir_search"),
        };
        self.send(&request, deadline, |answer| {
            resource(answer, |kind| kind == "Bundle", "FHIR bundle")
        })
        .await
    }
}

/// Checks the type of the resource. Other JSON could be read as a patient without data.
fn resource(
    answer: &Answer,
    expected: impl Fn(&str) -> bool,
    what: &'static str,
) -> Result<Value, Error> {
    let resource: Value = answer.json(what)?;
    let is_expected = resource["resourceType"].as_str().is_some_and(expected);
    if is_expected { Ok(resource) } else { Err(Error::Malformed { what }) }
}

fn path(site: Uuid, segments: &[&str]) -> Vec<String> {
    let mut path = ["sites", &site.to_string(), "fhir", "R4"].map(str::to_owned).to_vec();
    path.extend(segments.iter().map(|&segment| segment.to_owned()));
    path
}
