//! Makes all HTTP and AWS clients.
//!
//! The SDK's defaults would add a second TLS stack, the whole credential chain and a scan of the
//! system's certificates to each start. That costs several milliseconds of every cold start.

use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::BehaviorVersion;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::region::Region;
use aws_types::sdk_config::{SdkConfig, SharedCredentialsProvider};
use reqwest::dns::Resolve;
use reqwest::redirect;
use rustls::client::Resumption;
use rustls::pki_types::TrustAnchor;
use rustls::{ClientConfig, RootCertStore};
use secrecy::ExposeSecret;

use config::AwsConfig;

use crate::connector::Connector;

/// The names of the certificate authorities of AWS's own endpoints, as in their certificates.
/// Source: Amazon Trust Services, "Repository".
const AMAZON_ROOTS: [&str; 5] = [
    "Amazon Root CA 1",
    "Amazon Root CA 2",
    "Amazon Root CA 3",
    "Amazon Root CA 4",
    "Starfield Services Root Certificate Authority - G2",
];

/// How many hosts' TLS sessions are kept for the next connection. A function calls only a few hosts.
const SESSIONS: usize = 8;

/// A client could not be made.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the TLS stack could not be set up")]
pub struct ClientError;

/// The configuration of every AWS client.
///
/// # Errors
/// When the TLS stack cannot be set up.
pub fn aws(config: &AwsConfig) -> Result<SdkConfig, ClientError> {
    let http = builder(amazon_roots())?
        .connect_timeout(Duration::from_secs(2))
        .build()
        .map_err(|_| ClientError)?;
    let credentials = Credentials::new(
        &config.access_key_id,
        config.secret_access_key.expose_secret(),
        config.session_token.as_ref().map(|token| token.expose_secret().to_owned()),
        None,
        "lambda environment",
    );
    let mut builder = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(config.region.clone()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(Connector::new(http))
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(2))
                .operation_attempt_timeout(Duration::from_secs(4))
                .operation_timeout(Duration::from_secs(10))
                .build(),
        );
    if let Some(endpoint) = &config.endpoint {
        builder = builder.endpoint_url(endpoint.as_str());
    }
    Ok(builder.build())
}

/// A client for S3. The local stack serves all buckets under one host name, so there the bucket is part of
/// the path.
#[must_use]
pub fn s3(aws: &SdkConfig) -> aws_sdk_s3::Client {
    let parts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        // A part of an upload has some megabytes.
        .operation_attempt_timeout(Duration::from_secs(30))
        .operation_timeout(Duration::from_secs(75))
        .build();
    let config = aws_sdk_s3::config::Builder::from(aws)
        .force_path_style(aws.endpoint_url().is_some())
        .timeout_config(parts)
        .build();
    aws_sdk_s3::Client::from_conf(config)
}

/// An HTTP client for everything else: Mozilla's roots compiled in, no redirects, no proxies.
///
/// # Errors
/// When the TLS stack cannot be set up.
pub fn http() -> Result<reqwest::Client, ClientError> {
    builder(all_roots())?.build().map_err(|_| ClientError)
}

/// Like [`http`], for addresses that our callers choose. Names are resolved by this resolver only.
///
/// # Errors
/// When the TLS stack cannot be set up.
pub fn http_with_resolver(resolver: Arc<dyn Resolve>) -> Result<reqwest::Client, ClientError> {
    builder(all_roots())?.dns_resolver(resolver).build().map_err(|_| ClientError)
}

/// Mozilla's list. It is part of the program, already parsed.
fn all_roots() -> Vec<TrustAnchor<'static>> {
    webpki_roots::TLS_SERVER_ROOTS.to_vec()
}

/// Only AWS's own roots.
fn amazon_roots() -> Vec<TrustAnchor<'static>> {
    webpki_roots::TLS_SERVER_ROOTS.iter().filter(|root| is_amazons(root)).cloned().collect()
}

/// A subject ends with the common name.
fn is_amazons(root: &TrustAnchor<'_>) -> bool {
    AMAZON_ROOTS.iter().any(|name| root.subject.ends_with(name.as_bytes()))
}

fn builder(roots: Vec<TrustAnchor<'static>>) -> Result<reqwest::ClientBuilder, ClientError> {
    let mut tls =
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|_| ClientError)?
            .with_root_certificates(RootCertStore { roots })
            .with_no_client_auth();
    tls.resumption = Resumption::in_memory_sessions(SESSIONS);
    #[expect(clippy::disallowed_methods, reason = "this is the one factory")]
    let builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .connect_timeout(Duration::from_secs(5))
        // Azure's front ends close idle connections after some minutes. Close ours first.
        .pool_idle_timeout(Duration::from_secs(60));
    Ok(builder)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names alone would let a second root of the same name in.
    #[test]
    fn aws_is_reached_with_exactly_the_five_roots_of_amazon() {
        let roots = amazon_roots();
        for name in AMAZON_ROOTS {
            let named = |root: &&TrustAnchor<'_>| root.subject.ends_with(name.as_bytes());
            assert_eq!(roots.iter().filter(named).count(), 1, "{name}");
        }
        assert_eq!(roots.len(), AMAZON_ROOTS.len());
    }
}
