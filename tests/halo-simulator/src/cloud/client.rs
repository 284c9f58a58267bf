//! HTTP clients: one that notifies integrators, and one for tests that act as an integrator.

use std::sync::Arc;

use rustls::RootCertStore;

/// Why an HTTP client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// TLS could not be configured.
    #[error("TLS cannot be configured: {0}")]
    Tls(#[from] rustls::Error),
    /// The client could not be built.
    #[error("the HTTP client cannot be built: {0}")]
    Client(#[from] reqwest::Error),
}

/// A client for tests of a running simulator. It knows no certificates, so it can only call loopback
/// addresses.
///
/// # Errors
/// See [`ClientError`].
pub fn local_client() -> Result<reqwest::Client, ClientError> {
    Ok(local_client_builder()?.build()?)
}

/// The builder of [`local_client`], for tests with settings of their own.
///
/// # Errors
/// When TLS cannot be configured.
pub fn local_client_builder() -> Result<reqwest::ClientBuilder, ClientError> {
    builder(RootCertStore::empty())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the simulator stands alone: it must not depend on the service's client factory"
)]
pub(crate) fn builder(roots: RootCertStore) -> Result<reqwest::ClientBuilder, ClientError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none()))
}
