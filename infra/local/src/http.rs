use std::time::Duration;

use crate::Error;

/// A client for loopback addresses: no proxy, no certificates.
///
/// # Errors
/// When the client cannot be set up.
#[expect(
    clippy::disallowed_methods,
    reason = "the service's factory refuses plain HTTP; this client never leaves the machine"
)]
pub fn loopback_client() -> Result<reqwest::Client, Error> {
    // Another part of this process may have installed a provider already. Then we use that one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only(std::iter::empty())
        .timeout(Duration::from_secs(60))
        // Tests share a client, but each has its own runtime. A kept connection would belong to a
        // runtime that has ended.
        .pool_max_idle_per_host(0)
        .build()
        .map_err(Error::call("setting up the HTTP client"))
}
