//! Doubles of AWS and Halo for one set of programs. They answer at once and count what they are asked.

mod aws;
mod counts;
mod halo;
mod listener;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use rustls::ServerConfig;
use tokio::task::JoinHandle;

pub(crate) use self::aws::{Cloud, LETTER};
pub(crate) use self::counts::{Counter, Counts};
pub(crate) use self::halo::Halo;
use self::listener::Listener;
use crate::error::Error;

/// The doubles. They end with this value.
pub(crate) struct Doubles {
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) counter: Counter,
    pub(crate) aws_url: String,
    pub(crate) halo_url: String,
    servers: Vec<JoinHandle<()>>,
}

impl Doubles {
    /// Starts them. Without `tls` they speak plain HTTP.
    pub(crate) async fn start(
        halo: Arc<Halo>,
        tls: Option<Arc<ServerConfig>>,
    ) -> Result<Self, Error> {
        let counter = Counter::default();
        let secret = halo.simulator.primary_key().to_owned();
        let cloud = Arc::new(Cloud::new(secret, counter.clone()));
        let seen = halo::Seen { halo, counter: counter.clone() };
        let of_aws = Router::new().fallback(aws::answer).with_state(Arc::clone(&cloud));
        let of_halo = Router::new().fallback(halo::answer).with_state(seen);
        let mut servers = Vec::new();
        let mut urls = Vec::new();
        for routes in [of_aws, of_halo] {
            let listener =
                Listener::start(tls.clone(), counter.clone()).await.map_err(Error::Listen)?;
            let address = axum::serve::Listener::local_addr(&listener).map_err(Error::Listen)?;
            urls.push(url(address, tls.is_some()));
            let routes = routes.layer(DefaultBodyLimit::disable());
            servers.push(tokio::spawn(async move {
                let _ = axum::serve(listener, routes).await;
            }));
        }
        let [aws_url, halo_url] = <[String; 2]>::try_from(urls).unwrap_or_default();
        Ok(Self { cloud, counter, aws_url, halo_url, servers })
    }
}

impl Drop for Doubles {
    fn drop(&mut self) {
        self.servers.iter().for_each(JoinHandle::abort);
    }
}

fn url(address: SocketAddr, is_tls: bool) -> String {
    format!("{}://{address}", if is_tls { "https" } else { "http" })
}
