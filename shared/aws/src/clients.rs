//! Makes all HTTP and AWS clients.
//!
//! The SDK's defaults would add a second TLS stack, the whole credential chain and a scan of the
//! system's certificates to each start. That costs several milliseconds of every cold start.

use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::BehaviorVersion;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::region::Region;
use aws_types::sdk_config::{SdkConfig, SharedCredentialsProvider};
use reqwest::dns::Resolve;
use reqwest::redirect;
use rustls::{ClientConfig, RootCertStore};
use secrecy::ExposeSecret;

use config::AwsConfig;

/// The certificate authorities of AWS's own endpoints.
const AMAZON_ROOTS: &[u8] = include_bytes!("../roots/amazon.pem");

/// A client could not be made.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the TLS stack could not be set up")]
pub struct ClientError;

/// The configuration of every AWS client.
///
/// # Errors
/// When the TLS stack refuses the pinned roots.
pub fn aws(config: &AwsConfig) -> Result<SdkConfig, ClientError> {
    let context = TlsContext::builder()
        .with_trust_store(TrustStore::empty().with_pem_certificate(AMAZON_ROOTS))
        .build()
        .map_err(|_| ClientError)?;
    let http = Builder::new()
        .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
        .tls_context(context)
        .build_https();
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
        .http_client(http)
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
    builder()?.build().map_err(|_| ClientError)
}

/// Like [`http`], for addresses that our callers choose. Names are resolved by this resolver only.
///
/// # Errors
/// When the TLS stack cannot be set up.
pub fn http_with_resolver(resolver: Arc<dyn Resolve>) -> Result<reqwest::Client, ClientError> {
    builder()?.dns_resolver(resolver).build().map_err(|_| ClientError)
}

fn builder() -> Result<reqwest::ClientBuilder, ClientError> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let tls =
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|_| ClientError)?
            .with_root_certificates(roots)
            .with_no_client_auth();
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
