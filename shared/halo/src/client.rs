//! Sends one call: tries both keys, keeps the deadline, and repeats the call if that is allowed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBuilder};
use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use reqwest::header::{ACCEPT, HeaderValue};
use reqwest::{Client, Method, Response, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::command::Command;
use crate::error::{Error, Ran, Refusal};
use crate::keys::{KeySource, Keys, KeysFuture};
use crate::meter::{Cost, Meter, Tally};
use crate::wire;

const KEY_HEADER: &str = "Ocp-Apim-Subscription-Key";

/// The moment by which a call must have ended.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    /// A deadline this far from now.
    #[must_use]
    pub fn after(duration: Duration) -> Self {
        Self(Instant::now() + duration)
    }

    /// The time that is left.
    #[must_use]
    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// The sooner of this deadline and one this far from now.
    #[must_use]
    pub fn at_most(self, duration: Duration) -> Self {
        Self(self.0.min(Instant::now() + duration))
    }
}

/// Whether a call may be repeated if its outcome is not known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Call {
    /// Changes nothing. It is repeated within the deadline.
    Read,
    /// Changes something. It is sent once; the caller handles an unknown outcome.
    Write,
}

/// A client of Halo Cloud. Cheap to clone.
#[derive(Clone)]
pub struct HaloClient {
    http: Client,
    base: Url,
    keys: Arc<dyn KeySource>,
    secondary_first: Arc<AtomicBool>,
    meter: Option<Arc<dyn Meter>>,
}

impl std::fmt::Debug for HaloClient {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("HaloClient")
            .field("base", &self.base.as_str())
            .finish_non_exhaustive()
    }
}

/// A request to send.
pub(crate) struct Request<'a> {
    pub(crate) method: Method,
    /// The path's segments after `/integrator/`.
    pub(crate) path: Vec<String>,
    pub(crate) query: Vec<(&'static str, SecretString)>,
    pub(crate) body: Body<'a>,
    pub(crate) call: Call,
    pub(crate) cost: Cost,
}

pub(crate) enum Body<'a> {
    None,
    /// The time in Halo's queue is computed from the remaining time when the command is sent.
    Immediate(&'a Command),
    Json(serde_json::Value),
    Form(Vec<(String, String)>),
}

/// A successful answer.
pub(crate) struct Answer {
    pub(crate) body: Bytes,
}

impl Answer {
    /// The failure in the body. Halo sometimes reports one with status 200.
    pub(crate) fn hidden_failure(&self) -> Option<Error> {
        wire::failure_in(&self.body)
    }

    pub(crate) fn json<'a, T: Deserialize<'a>>(&'a self, what: &'static str) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|_| Error::Malformed { what })
    }
}

impl HaloClient {
    /// A client of the Halo at `base`: `https://api.haloconnect.io`, or its staging environment.
    ///
    /// The caller provides the HTTP client, so that a program has one TLS stack and one set of root
    /// certificates. It must not follow redirects: Halo documents none, and they would receive the key.
    #[must_use]
    pub fn new(http: Client, base: Url, keys: Arc<dyn KeySource>) -> Self {
        Self { http, base, keys, secondary_first: Arc::new(AtomicBool::new(false)), meter: None }
    }

    /// Reports the cost of each call to this meter.
    #[must_use]
    pub fn metered(mut self, meter: Arc<dyn Meter>) -> Self {
        self.meter = Some(meter);
        self
    }

    /// Sends, reads the whole answer, and repeats reads while the deadline allows. An answer that cannot
    /// be read counts as no answer.
    pub(crate) async fn send<T>(
        &self,
        request: &Request<'_>,
        deadline: Deadline,
        read: impl Fn(&Answer) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (read, tally) = (&read, &Tally::of(self.meter.as_ref()));
        let attempt = || async move {
            let response = self.open(request, tally, deadline).await?;
            let body = whole(response, tally).await.map_err(|error| transport(&error))?;
            read(&Answer { body })
        };
        repeat(request, deadline, || async move {
            let outcome = attempt().await;
            tally.heard(request.cost, outcome.as_ref());
            outcome
        })
        .await
    }

    /// Sends, and returns the answer's body as it arrives, up to its end or the first error.
    pub(crate) async fn send_streaming(
        &self,
        request: &Request<'_>,
        deadline: Deadline,
    ) -> Result<impl Stream<Item = Result<Bytes, Error>> + Send + use<>, Error> {
        let tally = Tally::of(self.meter.as_ref());
        let opened = repeat(request, deadline, || self.open(request, &tally, deadline)).await;
        tally.heard(request.cost, opened.as_ref());
        let bytes = opened?.bytes_stream().map_err(|error| transport(&error));
        let stream = Box::pin(bytes.inspect_ok(move |part| tally.received(part.len())));
        // The HTTP client's stream would repeat its error for ever.
        Ok(stream::unfold(Some(stream), |stream| async move {
            let mut stream = stream?;
            let part = stream.next().await?;
            let rest = part.is_ok().then_some(stream);
            Some((part, rest))
        }))
    }

    /// One attempt with each key: first the key that Halo accepted last, then the other, then the keys
    /// that are new after reading them again.
    async fn open(
        &self,
        request: &Request<'_>,
        tally: &Tally,
        deadline: Deadline,
    ) -> Result<Response, Error> {
        let mut keys = in_time(self.keys.current(), deadline).await?;
        let mut refused: Vec<SecretString> = Vec::new();
        for reread in [false, true] {
            if reread {
                keys = in_time(self.keys.reread(), deadline).await?;
            }
            let secondary_first = self.secondary_first.load(Ordering::Relaxed);
            let mut in_order = vec![(false, Some(&keys.primary)), (true, keys.secondary.as_ref())];
            if secondary_first {
                in_order.reverse();
            }
            for (is_secondary, key) in in_order {
                let known = |key: &&SecretString| {
                    refused.iter().any(|known| known.expose_secret() == key.expose_secret())
                };
                let Some(key) = key.filter(|key| !key.expose_secret().is_empty() && !known(key))
                else {
                    continue;
                };
                match self.open_with(request, key, tally, deadline).await {
                    Err(Error::KeyRefused) => refused.push(key.clone()),
                    outcome => {
                        self.secondary_first.store(is_secondary, Ordering::Relaxed);
                        return outcome;
                    }
                }
            }
        }
        Err(Error::KeyRefused)
    }

    async fn open_with(
        &self,
        request: &Request<'_>,
        key: &SecretString,
        tally: &Tally,
        deadline: Deadline,
    ) -> Result<Response, Error> {
        // A key that cannot be a header value is wrong.
        let mut key = HeaderValue::from_str(key.expose_secret()).map_err(|_| Error::KeyRefused)?;
        key.set_sensitive(true);
        // The URL would lose such a segment, and a read of one resource would become a search for all.
        if request.path.iter().any(|segment| matches!(segment.as_str(), "" | "." | "..")) {
            return Err(Error::Refused { reason: Refusal::Request });
        }
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| Error::Malformed { what: "base URL" })?
            .pop_if_empty()
            .push("integrator")
            .extend(&request.path);
        let mut builder = self
            .http
            .request(request.method.clone(), url)
            .header(KEY_HEADER, key)
            .header(ACCEPT, "application/json");
        if !request.query.is_empty() {
            let pairs: Vec<(&str, &str)> =
                request.query.iter().map(|(name, value)| (*name, value.expose_secret())).collect();
            builder = builder.query(&pairs);
        }
        builder = match &request.body {
            Body::None => builder,
            Body::Immediate(command) => {
                builder.json(&command.to_immediate_json(deadline.remaining()))
            }
            Body::Json(json) => builder.json(json),
            Body::Form(fields) => builder.form(fields),
        };
        // The time is computed here, because reading the keys and encoding a large body take time too.
        // Nothing is sent after the deadline.
        let remaining = deadline.remaining();
        if remaining.is_zero() {
            return Err(Error::NotReached);
        }
        let ready = builder.timeout(remaining).build().map_err(|error| transport(&error))?;
        let bytes = ready.body().and_then(reqwest::Body::as_bytes).map_or(0, <[u8]>::len);
        let mut attempt = tally.attempt(request.cost, bytes);
        let answered = match self.http.execute(ready).await {
            Ok(response) => answered(response, tally).await,
            Err(error) => Err(transport(&error)),
        };
        answered.inspect_err(|error| attempt.failed(error))
    }
}

/// An answer with a successful status, or the failure that it reports.
async fn answered(response: Response, tally: &Tally) -> Result<Response, Error> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let headers = response.headers().clone();
    Err(match whole(response, tally).await {
        Ok(body) => wire::error_of(status, &headers, &body),
        // The meaning of these does not depend on the body.
        Err(_) if matches!(status.as_u16(), 401 | 429 | 503) => {
            wire::error_of(status, &headers, &[])
        }
        Err(error) => transport(&error),
    })
}

/// The largest answer of Halo, in bytes. Memory for more is not taken before it has come.
const LARGEST_ANSWER: usize = 8 * 1024 * 1024;

/// An answer's body. The bytes of a body that breaks off are counted as well.
async fn whole(mut response: Response, tally: &Tally) -> Result<Bytes, reqwest::Error> {
    let announced = response.content_length().and_then(|length| usize::try_from(length).ok());
    let Some(first) = response.chunk().await? else { return Ok(Bytes::new()) };
    tally.received(first.len());
    let Some(mut next) = response.chunk().await? else { return Ok(first) };
    let mut body = BytesMut::with_capacity(announced.unwrap_or_default().min(LARGEST_ANSWER));
    body.extend_from_slice(&first);
    loop {
        tally.received(next.len());
        body.extend_from_slice(&next);
        let Some(more) = response.chunk().await? else { return Ok(body.freeze()) };
        next = more;
    }
}

/// The keys, if they can be read by the deadline.
async fn in_time(keys: KeysFuture<'_>, deadline: Deadline) -> Result<Keys, Error> {
    match tokio::time::timeout(deadline.remaining(), keys).await {
        Ok(Ok(keys)) => Ok(keys),
        Ok(Err(_)) | Err(_) => Err(Error::KeyRefused),
    }
}

/// How often an attempt is repeated at most.
const MOST_REPEATS: usize = 4;
/// How often a query is repeated after attempts that may have run. Halo bills each of them, and each loads the
/// practice's server.
const MOST_BILLED_REPEATS: usize = 2;

/// Repeats an attempt that may be repeated, while the deadline allows.
async fn repeat<T, F>(
    request: &Request<'_>,
    deadline: Deadline,
    attempt: impl Fn() -> F,
) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    // A library's back-off and not the ledger's, because this crate is of use without the ledger.
    let mut delays = ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(200))
        .with_max_delay(Duration::from_secs(5))
        .with_max_times(MOST_REPEATS)
        .with_jitter()
        .build();
    let mut billed = 0;
    loop {
        let error = match attempt().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        // A rate limit means that nothing ran, so even a write may be sent again.
        if request.cost != Cost::Nothing && error.did_it_run() != Ran::No {
            billed += 1;
        }
        let may_repeat = match request.call {
            Call::Read => error.is_passing() && billed <= MOST_BILLED_REPEATS,
            Call::Write => matches!(error, Error::RateLimited { .. } | Error::NotReached),
        };
        let Some(delay) = delays.next().filter(|_| may_repeat) else { return Err(error) };
        let delay = match &error {
            Error::RateLimited { retry_after: Some(wait) } => (*wait).max(delay),
            _ => delay,
        };
        if delay >= deadline.remaining() {
            return Err(error);
        }
        tokio::time::sleep(delay).await;
    }
}

/// The meaning of a failure below HTTP. The error itself is dropped, because its text contains the URL.
fn transport(error: &reqwest::Error) -> Error {
    if error.is_connect() || error.is_builder() {
        Error::NotReached
    } else {
        Error::OutcomeUnknown { timed_out: error.is_timeout() }
    }
}
