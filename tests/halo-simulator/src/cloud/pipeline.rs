//! The steps of a request: gateway, faults before the operation, the operation, faults after it, journal.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    extract::{ConnectInfo, Request, State},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use jiff::Timestamp;

use crate::cloud::{
    answer::{Answer, Payload, Refusal},
    asynchronous, command,
    effect::Effect,
    fault::{Traits, Weather},
    fhir, immediate,
    journal::{Entry, Outcome},
    operation::{Operation, Route},
    pages::{self, Delivery},
    registered,
    site::Site,
    sites,
    socket::Caller,
    world::World,
};

const KEY_HEADER: &str = "ocp-apim-subscription-key";
/// Halo publishes no limit. This limit protects the memory from a mistake.
const LARGEST_REQUEST: usize = 256 * 1024 * 1024;

/// A request that has arrived in full.
struct Call {
    method: Method,
    path: String,
    query: String,
    headers: HeaderMap,
    body: Bytes,
}

/// Serves every request to Halo Cloud.
pub(crate) async fn serve(
    State(world): State<Arc<World>>,
    ConnectInfo(caller): ConnectInfo<Caller>,
    request: Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LARGEST_REQUEST).await else {
        let refusal = Refusal::gateway(StatusCode::PAYLOAD_TOO_LARGE, "The request is too large.");
        return refusal.into_answer().into_response();
    };
    let call = Call {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body,
    };
    // A practice continues its work even if the caller has disconnected.
    let handled = tokio::spawn(handle(world, caller, call)).await;
    handled.unwrap_or_else(|_| {
        let refusal = Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "The simulator failed.");
        refusal.into_answer().into_response()
    })
}

async fn handle(world: Arc<World>, caller: Caller, call: Call) -> Response<Body> {
    let (started, at) = (Instant::now(), world.clock.now());
    let mut log = Log { world: &world, started, at, operation: None, traits: Traits::default() };
    let Some(route) = Route::of(&call.method, &call.path) else {
        let refusal = Refusal::gateway(StatusCode::NOT_FOUND, "Operation Not Found");
        let answer = refusal.into_answer();
        log.write(&answer, &Weather::default(), false);
        return answer.into_response();
    };
    let operation = route.operation;
    log.operation = Some(operation);
    log.traits = traits(&world, &route, &call);

    if let Err(refusal) = authorise(&world, &caller, &call, &log.traits) {
        let answer = refusal.into_answer();
        log.write(&answer, &Weather::default(), false);
        return answer.into_response();
    }

    let weather = world.faults.meet(operation, &log.traits);
    if weather.is(Effect::StaleGuid)
        && let Some(site) = site_of(&world, &log.traits)
    {
        site.rotate_guid();
    }
    let refusal = weather.refusal(operation);
    let happens = matches!(weather.effect(), Some(Effect::TimeoutAfterExecution))
        || (refusal.is_none() && !weather.is(Effect::DropBefore));
    let mut answer = if happens {
        perform(&world, &route, &call, &weather)
            .await
            .unwrap_or_else(|refusal| refusal.on(operation).into_answer())
    } else {
        Answer::empty(StatusCode::NO_CONTENT)
    };
    if let Some((refusal, retry_after)) = refusal {
        answer = refusal.into_answer();
        answer.headers.extend(retry_after.map(|value| ("retry-after", value)));
    }

    let dropped = weather.is(Effect::DropBefore) || weather.is(Effect::DropAfter);
    log.write(&answer, &weather, dropped);
    if weather.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(weather.delay_ms)).await;
    }
    if dropped {
        caller.hang_up();
        return Response::new(Body::empty());
    }
    spoil(answer.into_response(), &weather, &caller).await
}

/// Checks the caller's address and key, as the gateway in front of Halo does.
fn authorise(world: &World, caller: &Caller, call: &Call, traits: &Traits) -> Result<(), Refusal> {
    let listed = &world.options.egress_allow;
    let allowed_here = site_of(world, traits).is_none_or(|site| site.state().caller_ip_allowed);
    if !allowed_here || (!listed.is_empty() && !listed.contains(&caller.address.ip())) {
        return Err(Refusal::gateway(StatusCode::FORBIDDEN, "Caller Ip Not Allowed"));
    }
    let message = match call.headers.get(KEY_HEADER) {
        None => "Subscription Key Not Found",
        Some(key) if world.keys.iter().any(|known| known.as_bytes() == key.as_bytes()) => {
            return Ok(());
        }
        Some(_) => "Subscription Key Invalid",
    };
    Err(Refusal::gateway(StatusCode::UNAUTHORIZED, message))
}

fn site_of<'a>(world: &'a World, traits: &Traits) -> Option<&'a Arc<Site>> {
    traits.site_id.as_deref().and_then(|site_id| world.site_by_bp_id(site_id))
}

fn traits(world: &World, route: &Route, call: &Call) -> Traits {
    let mut traits = match route.operation {
        Operation::ImmediateQuery | Operation::AsyncQuery | Operation::RegisterQuery => {
            command::traits_of_body(&call.body)
        }
        _ => Traits::default(),
    };
    traits.site_id = match &route.site {
        Some(guid) => world.site_by_guid(guid).map(|site| site.identity.site_id.clone()),
        // Only known sites, because the journal must not contain text that a caller invents.
        None => sites::site_id_in(&call.query).filter(|id| world.site_by_bp_id(id).is_some()),
    };
    traits
}

async fn perform(
    world: &Arc<World>,
    route: &Route,
    call: &Call,
    weather: &Weather,
) -> Result<Answer, Refusal> {
    let site = route.site.as_deref().unwrap_or_default();
    let query = route.query.as_deref().unwrap_or_default();
    let page = route.page.as_deref().unwrap_or_default();
    let fhir = route.fhir.as_deref().unwrap_or_default();
    match route.operation {
        Operation::PairSite => sites::pair(world, &call.query),
        Operation::FindSites => sites::find(world, &call.query),
        Operation::GetSite => sites::get(world, site),
        Operation::ImmediateQuery => immediate::run(world, site, &call.body, weather).await,
        Operation::AsyncQuery => asynchronous::submit(world, site, &call.body, weather),
        Operation::QueryStatus => pages::status(world, site, query),
        Operation::BatchStatus => pages::batch(world, site, &call.body),
        Operation::ResultPage => {
            pages::fetch(world, site, query, page, Delivery::Envelope, weather).await
        }
        Operation::StreamPage => {
            pages::fetch(world, site, query, page, Delivery::Stream, weather).await
        }
        Operation::RegisterQuery => registered::create(world, site, &call.body),
        Operation::ListRegistered => registered::list(world, site),
        Operation::GetRegistered => registered::get(world, site, query),
        Operation::CancelRegistered => registered::cancel(world, site, query),
        Operation::RegisteredResult => registered::result(world, site, query),
        Operation::FhirRead => fhir::read(world, site, fhir, &call.query, weather).await,
        Operation::FhirSearch => fhir::post_search(world, site, fhir, &call.body, weather).await,
        Operation::RegisteredExecution | Operation::Webhook => {
            Err(Refusal::gateway(StatusCode::NOT_FOUND, "Operation Not Found"))
        }
    }
}

/// Damages an answer, as a bad connection or proxy would.
async fn spoil(response: Response<Body>, weather: &Weather, caller: &Caller) -> Response<Body> {
    let replace = |text: &'static str| {
        let mut spoilt = Response::new(Body::from(text));
        *spoilt.status_mut() = response.status();
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        spoilt.headers_mut().insert(header::CONTENT_TYPE, json);
        spoilt
    };
    match weather.effect() {
        Some(Effect::MalformedBody) => replace("<html><body>Service notice</body></html>"),
        Some(Effect::WrongShape) => replace(r#"{"notice":["unexpected",1]}"#),
        Some(Effect::TruncatedBody) => {
            let (mut parts, body) = response.into_parts();
            let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
            if bytes.is_empty() {
                caller.hang_up();
            }
            parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
            let truncated = caller.truncated(&bytes);
            Response::from_parts(parts, truncated)
        }
        _ => response,
    }
}

/// The known parts of a call's journal entry.
struct Log<'a> {
    world: &'a World,
    started: Instant,
    at: Timestamp,
    operation: Option<Operation>,
    traits: Traits,
}

impl Log<'_> {
    fn write(&self, answer: &Answer, weather: &Weather, dropped: bool) {
        let status = answer.status.as_u16();
        let failed = matches!(&answer.payload, Payload::Json(body)
            if body["status"] == "executionFailed" || body.get("errorDetails").is_some());
        let outcome = match status {
            _ if dropped => Outcome::Dropped,
            400.. if failed => Outcome::ExecutionFailed,
            400..=499 => Outcome::Refused,
            500.. => Outcome::Failed,
            _ => Outcome::Successful,
        };
        let delayed = self.started.elapsed() + Duration::from_millis(weather.delay_ms);
        let duration_ms = immediate::milliseconds(delayed);
        tracing::info!(
            operation = self.operation.map(|operation| format!("{operation:?}")),
            site = self.traits.site_id,
            statement = self.traits.statement,
            status,
            duration_ms,
            fault = weather.effect().map(|effect| format!("{effect:?}")),
            "call"
        );
        self.world.journal.record(Entry {
            sequence: 0,
            at: self.at,
            operation: self.operation,
            site_id: self.traits.site_id.clone(),
            statement: self.traits.statement.clone(),
            duration_ms,
            status: (!dropped).then_some(status),
            outcome,
            fault: weather.effect().or((weather.delay_ms > 0).then_some(Effect::Slow)),
        });
    }
}
