//! Sends requests to addresses that platforms chose.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use aws::clients::{self, ClientError};
use domain::Invalid;
use domain::webhooks::{Attempted, NoAnswer};
use jiff::{SignedDuration, Timestamp};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use reqwest::{Response, StatusCode};

use crate::address::{Allowed, EndpointUrl, NOT_PUBLIC, may_receive};
use crate::signature::{EndpointSecret, ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, signatures};

/// How much of an answer's body is read, so that the connection can be used again. Its content is ignored.
const LARGEST_ANSWER: usize = 4 * 1024;

/// An event as it is sent.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// The event's id.
    pub id: &'a str,
    /// The body.
    pub body: &'a str,
    /// The time of sending.
    pub sent: Timestamp,
}

/// How an endpoint answered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Reply {
    /// The status, or why there is none.
    pub ended: Attempted,
    /// How long the endpoint asks us to wait: `Retry-After` of a 429 or 503.
    pub retry_after: Option<Duration>,
}

/// Sends requests to addresses that platforms chose. Each connection goes to an address that was checked. Redirects
/// are not followed.
#[derive(Clone, Debug)]
pub struct Outside {
    client: reqwest::Client,
    allowed: Allowed,
    within: Duration,
}

impl Outside {
    /// Sends to these addresses, and waits this long for an answer.
    ///
    /// # Errors
    /// When the TLS stack cannot be set up.
    pub fn new(allowed: Allowed, within: Duration) -> Result<Self, ClientError> {
        let client = clients::http_with_resolver(Arc::new(Checked { allowed }))?;
        Ok(Self { client, allowed, within })
    }

    /// Checks a URL and resolves its name.
    ///
    /// # Errors
    /// Says why we do not send to it.
    pub async fn check(&self, url: &str) -> Result<(), Invalid> {
        let url = EndpointUrl::parse(url, self.allowed)?;
        let host = url.url().host_str().unwrap_or_default().to_owned();
        if host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
            return Ok(());
        }
        let resolving = tokio::time::timeout(self.within, resolve(&host, self.allowed));
        match resolving.await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(NOT_PUBLIC),
        }
    }

    /// Sends an event, signed with each of these secrets.
    pub async fn send(&self, url: &str, event: Outgoing<'_>, secrets: &[EndpointSecret]) -> Reply {
        let Outgoing { id, body, sent } = event;
        let no_answer = |why| Reply { ended: Attempted::Failure(why), retry_after: None };
        // An address in place of a name is not resolved, so it is checked here.
        let Ok(url) = EndpointUrl::parse(url, self.allowed) else {
            return no_answer(NoAnswer::AddressRefused);
        };
        let request = self
            .client
            .post(url.url().clone())
            .timeout(self.within)
            .header(USER_AGENT, "practice-bridge")
            .header(CONTENT_TYPE, "application/json")
            .header(ID_HEADER, id)
            .header(TIMESTAMP_HEADER, sent.as_second())
            .header(SIGNATURE_HEADER, signatures(secrets, id, sent, body))
            .body(body.to_owned());
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) if error.is_timeout() => return no_answer(NoAnswer::TimedOut),
            Err(error) if was_refused(&error) => return no_answer(NoAnswer::AddressRefused),
            Err(_) => return no_answer(NoAnswer::NotReached),
        };
        let (status, retry_after) = (answer.status(), retry_after(&answer, sent));
        read_a_little(answer).await;
        Reply { ended: Attempted::Status(status.as_u16()), retry_after }
    }
}

/// Reads `Retry-After` in both of its forms.
fn retry_after(answer: &Response, now: Timestamp) -> Option<Duration> {
    let may_ask = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE];
    let value = answer.headers().get(RETRY_AFTER).filter(|_| may_ask.contains(&answer.status()))?;
    let text = value.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Duration::try_from(at.duration_since(now).max(SignedDuration::ZERO)).ok()
}

/// The status counts, whatever happens to the body.
async fn read_a_little(mut answer: Response) {
    let mut read = 0;
    while read < LARGEST_ANSWER
        && let Ok(Some(chunk)) = answer.chunk().await
    {
        read += chunk.len();
    }
}

/// Resolves names and leaves out addresses that we do not send to. The client connects only to what it returns, so a
/// name cannot change its address between the check and the connection.
struct Checked {
    allowed: Allowed,
}

/// A name has no address that we send to.
#[derive(Debug, thiserror::Error)]
#[error("the name has no address that we send to")]
struct Refused;

fn was_refused(error: &reqwest::Error) -> bool {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = source {
        if error.is::<Refused>() {
            return true;
        }
        source = error.source();
    }
    false
}

async fn resolve(host: &str, allowed: Allowed) -> Result<Vec<SocketAddr>, Refused> {
    let found = tokio::net::lookup_host((host, 0)).await.map_err(|_| Refused)?;
    let fitting: Vec<_> = found.filter(|it| may_receive(it.ip(), allowed)).collect();
    if fitting.is_empty() { Err(Refused) } else { Ok(fitting) }
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = self.allowed;
        Box::pin(async move {
            let found = resolve(name.as_str(), allowed).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_of_this_machine_is_refused_at_registration_and_at_the_connection() {
        let outside = Outside::new(Allowed::Public, Duration::from_secs(5)).unwrap();
        assert_eq!(outside.check("https://localhost/").await, Err(NOT_PUBLIC));
        let event = Outgoing { id: "evt_1", body: "{}", sent: Timestamp::UNIX_EPOCH };
        for url in ["https://localhost/", "https://127.0.0.1/", "http://127.0.0.1:1/"] {
            let reply = outside.send(url, event, &[]).await;
            assert_eq!(reply.ended, Attempted::Failure(NoAnswer::AddressRefused), "{url}");
        }
    }

    #[tokio::test]
    async fn an_endpoint_that_nobody_serves_is_not_reached() {
        let outside = Outside::new(Allowed::PublicAndLoopback, Duration::from_secs(5)).unwrap();
        let event = Outgoing { id: "evt_1", body: "{}", sent: Timestamp::UNIX_EPOCH };
        let reply = outside.send("http://127.0.0.1:9/", event, &[]).await;
        assert_eq!(reply.ended, Attempted::Failure(NoAnswer::NotReached));
    }
}
