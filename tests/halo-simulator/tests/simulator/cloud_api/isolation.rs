//! A simulator shares nothing with another one, listens only on loopback and leaves nothing behind.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use halo_simulator::{Options, Simulator, StartError};
use reqwest::Method;
use serde_json::json;

use crate::cloud_api::support::{Bench, reply};

#[tokio::test]
async fn two_simulators_side_by_side_share_nothing() {
    let one = Bench::new().await;
    let other = Bench::with(Options { seed: 2, ..Options::default() }).await;
    let guid = one.pair().await;
    let foreign = one
        .client
        .get(format!("{}/integrator/sites/{guid}", other.running.url()))
        .header("Ocp-Apim-Subscription-Key", one.running.primary_key());
    assert_eq!(reply(foreign).await.status, 401, "each has its own keys");
    let twin = other.pair().await;
    let write = "UPDATE dbo.PATIENTS SET PREFERREDNAME = 'Mine' WHERE INTERNALID = 1";
    assert_eq!(one.select(&guid, write).await.status, 200);
    let read = "SELECT RTRIM(PREFERREDNAME) AS n FROM dbo.PATIENTS WHERE INTERNALID = 1";
    assert_ne!(other.select(&twin, read).await.rows()[0]["n"], "Mine");
    one.faults(json!([{"operation": "any", "effect": "500"}])).await;
    assert_eq!(other.select(&twin, read).await.status, 200);
}

#[tokio::test]
async fn nothing_listens_beyond_loopback() {
    let bench = Bench::new().await;
    for url in [bench.running.url(), bench.running.control_url()] {
        let address: SocketAddr = url.strip_prefix("http://").unwrap().parse().unwrap();
        assert!(address.ip().is_loopback());
        // Without sending anything, this finds the address that other machines would use, if there is one.
        let probe = std::net::UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        let outside = probe
            .connect((Ipv4Addr::new(192, 0, 2, 1), 9))
            .and_then(|()| probe.local_addr())
            .map(|address| address.ip());
        if let Ok(outside) = outside
            && !outside.is_loopback()
        {
            let reached = tokio::net::TcpStream::connect((outside, address.port())).await;
            assert!(reached.is_err(), "{outside} answers on {}", address.port());
        }
    }
    let everywhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    for options in [
        Options { listen: everywhere, ..Options::default() },
        Options { control_listen: everywhere, ..Options::default() },
    ] {
        let refused = Simulator::start(options).await;
        assert!(matches!(refused, Err(StartError::NotLoopback(_))));
    }
}

#[tokio::test]
async fn an_unlisted_caller_address_is_refused() {
    let listed = vec![IpAddr::from(Ipv4Addr::new(192, 0, 2, 7))];
    let bench = Bench::with(Options { egress_allow: listed, ..Options::default() }).await;
    let refused = reply(bench.request(Method::GET, "/integrator/sites")).await;
    assert_eq!(refused.status, 403);
    assert_eq!(refused.body, json!({"statusCode": 403, "message": "Caller Ip Not Allowed"}));
}

#[tokio::test]
async fn a_simulator_leaves_nothing_behind() {
    let bench = Bench::new().await;
    let url = bench.running.url().to_owned();
    let file = bench.running.practices()[0].database_file.clone();
    assert!(file.exists());
    let Bench { running, client } = bench;
    running.shutdown().await;
    assert!(!file.exists());
    assert!(client.get(url).send().await.is_err());
}
