//! Pairing, finding and describing sites.

use reqwest::Method;
use serde_json::{Value, json};

use crate::cloud_api::{
    schema,
    support::{BEST_PRACTICE, Bench, Reply, reply},
};

fn refused(answer: &Reply, operation: &str, status: u16, part: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    schema::check(operation, status, &answer.body);
    assert!(answer.message().contains(part), "{:?} does not say {part}", answer.message());
}

#[tokio::test]
async fn a_code_pairs_once_and_a_new_code_keeps_the_pairing() {
    let bench = Bench::new().await;
    let code = bench.code(bench.site_id()).await;
    assert!(code.len() == 6 && code.chars().all(|letter| letter.is_ascii_alphanumeric()));

    let first = bench.pair_with(bench.site_id(), Some(&code)).await;
    assert_eq!(first.status, 200);
    schema::check("pairSite", 200, &first.body);
    let metadata = &first.body["practiceMetadata"];
    assert_eq!(metadata["practiceManagementSiteId"], bench.site_id());
    assert_eq!(metadata["practiceManagementVersion"], "Spectra SP1");
    assert_eq!(first.body["haloLinkVersion"], "26.713.10445.0");

    let again = bench.pair_with(bench.site_id(), Some(&code)).await;
    refused(&again, "pairSite", 400, "already been used");

    let guid = bench.pair().await;
    assert_eq!(first.body["id"], guid.as_str(), "a new code leads to the same site");
}

#[tokio::test]
async fn a_code_is_good_for_seven_days() {
    let bench = Bench::new().await;
    let (early, late) = (bench.code(bench.site_id()).await, bench.code(bench.site_id()).await);
    bench.advance(7 * 86_400 - 60).await;
    assert_eq!(bench.pair_with(bench.site_id(), Some(&early)).await.status, 200);
    bench.advance(120).await;
    let expired = bench.pair_with(bench.site_id(), Some(&late)).await;
    refused(&expired, "pairSite", 400, "expired");
}

#[tokio::test]
async fn every_pairing_failure_has_its_own_message() {
    let bench = Bench::new().await;
    let site = bench.site_id();
    let missing = bench.pair_with(site, None).await;
    refused(&missing, "pairSite", 400, "pairingCode is missing");
    let nothing = reply(bench.request(Method::POST, "/integrator/pair-site")).await;
    refused(&nothing, "pairSite", 400, "practiceManagementSiteId is missing");
    let wrong = bench.pair_with(site, Some("ZZZZZZ")).await;
    refused(&wrong, "pairSite", 400, "not valid");
    let unknown = bench.pair_with("70999", Some("ZZZZZZ")).await;
    refused(&unknown, "pairSite", 404, "No site");

    let code = bench.code(site).await;
    let elsewhere = bench.pair_with(bench.other_site_id(), Some(&code)).await;
    refused(&elsewhere, "pairSite", 400, "not valid for this site");
    for (switch, back, status, part) in [
        (json!({"integrationEnabled": false}), json!({"integrationEnabled": true}), 403, "enabled"),
        (json!({"linkInstalled": false}), json!({"linkInstalled": true}), 404, "not installed"),
        (json!({"availability": "offline"}), json!({"availability": "online"}), 502, "offline"),
        (
            json!({"availability": "unreachable"}),
            json!({"availability": "online"}),
            502,
            "unreachable",
        ),
        (json!({"callerIpAllowed": false}), json!({"callerIpAllowed": true}), 403, "Caller Ip"),
    ] {
        bench.change(switch).await;
        refused(&bench.pair_with(site, Some(&code)).await, "pairSite", status, part);
        bench.change(back).await;
    }
    let paired = bench.pair_with(site, Some(&code)).await;
    assert_eq!(paired.status, 200, "no failure used the code up: {paired:?}");
}

#[tokio::test]
async fn the_deprecated_twin_pairs_too() {
    let bench = Bench::new().await;
    let code = bench.code(bench.site_id()).await;
    let query = [
        ("practiceManagementSiteId", bench.site_id()),
        ("practiceManagementName", BEST_PRACTICE),
        ("pairingCode", &code),
    ];
    let paired = reply(bench.request(Method::POST, "/integrator/pairSite").query(&query)).await;
    assert_eq!(paired.status, 200);
}

#[tokio::test]
async fn both_keys_are_good_and_any_other_is_refused_by_the_gateway() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    let url = format!("{}/integrator/sites/{guid}", bench.running.url());
    let with = |key: &str| bench.client.get(&url).header("Ocp-Apim-Subscription-Key", key);
    for key in [bench.running.primary_key(), bench.running.secondary_key()] {
        assert_eq!(reply(with(key)).await.status, 200);
    }
    let wrong = reply(with("another")).await;
    refused(&wrong, "getSite", 401, "Subscription Key Invalid");
    let none = reply(bench.client.get(&url)).await;
    refused(&none, "getSite", 401, "Subscription Key Not Found");
}

#[tokio::test]
async fn a_lookup_before_pairing_is_allowed_forbidden_or_empty() {
    let bench = Bench::new().await;
    let shown = bench.find(bench.site_id()).await;
    schema::check("findSites", 200, &shown.body);
    assert_eq!(shown.body["sites"][0]["practiceMetadata"]["practiceManagementSiteId"], "71001");
    assert_eq!(bench.find("70999").await.body, json!({"sites": []}));

    bench.change(json!({"lookupBeforePair": "empty"})).await;
    assert_eq!(bench.find(bench.site_id()).await.body, json!({"sites": []}));
    bench.change(json!({"lookupBeforePair": "forbidden"})).await;
    refused(&bench.find(bench.site_id()).await, "findSites", 403, "not paired");

    let guid = bench.pair().await;
    assert_eq!(bench.find(bench.site_id()).await.body["sites"][0]["id"], guid.as_str());
}

#[tokio::test]
async fn a_site_shows_its_availability_and_two_catalogues() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    let path = format!("/integrator/sites/{guid}");
    let site = bench.get(&path).await;
    schema::check("getSite", 200, &site.body);
    assert_eq!(
        site.body["catalogue"],
        json!([
            {"name": "BPSPatients", "isDefault": true},
            {"name": "BPSDocuments", "isDefault": false},
        ])
    );
    let heard = |site: &Value| {
        site["heartbeatTimestampUTC"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap()
    };
    bench.change(json!({"availability": "offline", "pmsVersion": "Orchid SP2"})).await;
    bench.advance(3_600).await;
    let silent = bench.get(&path).await.body;
    assert_eq!(silent["availability"], "offline");
    assert_eq!(silent["practiceMetadata"]["practiceManagementVersion"], "Orchid SP2");
    bench.change(json!({"availability": "online"})).await;
    let back = bench.get(&path).await.body;
    assert!(heard(&back).duration_since(heard(&silent)).as_secs() > 3_000, "{silent} {back}");
}

#[tokio::test]
async fn a_practices_clock_can_be_off_and_halos_is_not() {
    let bench = Bench::new().await;
    let guid = bench.pair().await;
    let ahead = async || {
        let site = bench.get(&format!("/integrator/sites/{guid}")).await.body;
        let instant = |name: &str| site[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        instant("clientTimestampUTC").duration_since(instant("heartbeatTimestampUTC")).as_secs()
    };
    assert_eq!(ahead().await, 0);
    bench.change(json!({"clockAheadSeconds": -300})).await;
    assert_eq!(ahead().await, -300);
}

#[tokio::test]
async fn unpaired_stale_and_unknown_sites_are_told_apart() {
    let bench = Bench::new().await;
    let guid = bench.find(bench.site_id()).await.body["sites"][0]["id"].clone();
    let path = format!("/integrator/sites/{}", guid.as_str().unwrap());
    refused(&bench.get(&path).await, "getSite", 403, "not paired");
    let stranger = "/integrator/sites/5b1f9c1e-7d63-4d57-8a6b-0d1f2e3a4b5c";
    refused(&bench.get(stranger).await, "getSite", 404, "no site");
    refused(&bench.get("/integrator/sites/71001").await, "getSite", 400, "GUID");

    bench.pair().await;
    assert_eq!(bench.get(&path).await.status, 200);
    bench.change(json!({"rotateGuid": true})).await;
    refused(&bench.get(&path).await, "getSite", 403, "replaced");
    let found = bench.find(bench.site_id()).await.body["sites"][0]["id"].clone();
    assert_ne!(found, guid);
    let followed = bench.get(&format!("/integrator/sites/{}", found.as_str().unwrap())).await;
    assert_eq!(followed.status, 200, "the pairing follows the new GUID");
}

#[tokio::test]
async fn a_rotated_guid_can_ask_for_a_new_pairing() {
    let bench = Bench::new().await;
    bench.pair().await;
    bench.change(json!({"rotationKeepsPairing": false, "rotateGuid": true})).await;
    let found = bench.find(bench.site_id()).await.body["sites"][0]["id"].clone();
    let path = format!("/integrator/sites/{}", found.as_str().unwrap());
    refused(&bench.get(&path).await, "getSite", 403, "not paired");
    assert_eq!(bench.pair().await, found.as_str().unwrap());
}

#[tokio::test]
async fn halo_guids_are_real_ones_and_depend_on_the_seed_alone() {
    let options = |seed| halo_simulator::Options { seed, ..halo_simulator::Options::default() };
    let (one, same, other) = (
        Bench::with(options(5)).await,
        Bench::with(options(5)).await,
        Bench::with(options(6)).await,
    );
    let guid = one.pair().await;
    assert_eq!(uuid::Uuid::parse_str(&guid).unwrap().get_version_num(), 4);
    assert_eq!(same.pair().await, guid);
    assert_ne!(other.pair().await, guid);
}
