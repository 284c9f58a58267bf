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
    // Somebody else in this process may have installed one already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only(std::iter::empty())
        .timeout(Duration::from_secs(60))
        // Tests share a client and have a runtime each: a connection that is kept would belong to
        // one that has ended.
        .pool_max_idle_per_host(0)
        .build()
        .map_err(Error::call("setting up the HTTP client"))
}
