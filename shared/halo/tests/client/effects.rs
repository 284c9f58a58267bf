//! What the client says about a write, compared with what the database says.

use std::time::Duration;

use halo::{Call, Command, Deadline, Error, Forbidden, PmsName, Ran, SqlFailure, Uuid};
use halo_simulator::Options;
use serde_json::{Value, json};

use crate::support::{Bench, WRITE, ample};

/// Writes and returns rows, so that every effect has something to damage.
async fn write(bench: &Bench, site: Uuid, deadline: Deadline) -> Error {
    let command = Command::text(format!("{WRITE}; SELECT 1 AS one"));
    let written = bench.client.immediate(site, &command, Call::Write, deadline).await;
    written.expect_err("a fault is in force")
}

/// Compares what the client says with what the database says.
async fn compare(bench: &Bench, site: Uuid, what: &str, error: &Error, said: Ran, ran: bool) {
    assert_eq!(error.did_it_run(), said, "{what}: {error:?}");
    let writes = bench.writes(site).await;
    assert_eq!(writes, usize::from(ran), "{what}: the database");
    match said {
        Ran::No | Ran::Failed => assert_eq!(writes, 0, "{what}"),
        Ran::Yes => assert_eq!(writes, 1, "{what}"),
        Ran::Unknown => assert!(writes <= 1, "{what}"),
    }
}

#[tokio::test]
async fn what_is_said_of_a_write_is_what_the_database_says() {
    let (bench, site) = Bench::paired().await;
    for (effect, said, ran) in [
        ("401", Ran::No, false),
        ("403", Ran::No, false),
        ("404", Ran::No, false),
        ("429", Ran::No, false),
        ("500", Ran::Unknown, false),
        ("502", Ran::Unknown, false),
        ("503", Ran::No, false),
        ("504BeforeExecution", Ran::Unknown, false),
        ("504AfterExecution", Ran::Unknown, true),
        ("dropBefore", Ran::Unknown, false),
        ("dropAfter", Ran::Unknown, true),
        ("executionFailed", Ran::Failed, false),
        ("tooLarge", Ran::Yes, true),
        ("malformedBody", Ran::Unknown, true),
        ("wrongShape", Ran::Unknown, true),
        ("truncatedBody", Ran::Unknown, true),
        ("slow", Ran::Unknown, true),
    ] {
        let mut fault = json!({"operation": "immediateQuery", "effect": effect});
        let mut deadline = ample();
        match effect {
            "429" => fault["retryAfter"] = json!("3600"),
            "slow" => {
                fault["delayMs"] = json!(60_000);
                // Long enough for the write itself, far shorter than the delay.
                deadline = Deadline::after(Duration::from_secs(3));
            }
            _ => {}
        }
        bench.faults(json!([fault])).await;
        let error = write(&bench, site, deadline).await;
        bench.calm().await;
        compare(&bench, site, effect, &error, said, ran).await;
        bench.forget_writes(site).await;
    }
}

#[tokio::test]
async fn every_shape_of_a_refusal_says_the_same() {
    let (bench, site) = Bench::paired().await;
    for shape in ["envelope", "flat", "gateway", "details"] {
        for (effect, said) in [("403", Ran::No), ("404", Ran::No), ("503", Ran::No)] {
            let fault = json!({"operation": "immediateQuery", "effect": effect, "shape": shape});
            bench.faults(json!([fault])).await;
            let error = write(&bench, site, ample()).await;
            bench.calm().await;
            compare(&bench, site, &format!("{effect} as {shape}"), &error, said, false).await;
        }
    }
}

#[tokio::test]
async fn a_failed_statement_is_told_apart_by_its_number_and_had_no_effect() {
    let (bench, site) = Bench::paired().await;
    for (number, failure) in [
        (229, SqlFailure::PermissionDenied),
        (208, SqlFailure::UnknownObject),
        (2627, SqlFailure::Other { number: Some(2627) }),
    ] {
        let fault = json!([{
            "operation": "immediateQuery", "effect": "executionFailed", "errorCode": number}]);
        bench.faults(fault).await;
        let error = write(&bench, site, ample()).await;
        bench.calm().await;
        assert_eq!(error, Error::Sql(failure));
        compare(&bench, site, &number.to_string(), &error, Ran::Failed, false).await;
    }
}

#[tokio::test]
async fn a_practice_that_is_away_or_has_shut_us_out_ran_nothing() {
    let (bench, site) = Bench::paired().await;
    let usual = json!({
        "availability": "online", "integrationEnabled": true, "callerIpAllowed": true});
    let offline = Error::SiteOffline;
    let shut_out = Error::Sql(SqlFailure::LoginRefused);
    let address = Error::Forbidden(Forbidden::Address);
    let silent = Error::OutcomeUnknown { timed_out: false };
    for (change, meaning, said) in [
        (json!({"availability": "offline"}), offline, Ran::No),
        (json!({"integrationEnabled": false}), shut_out, Ran::No),
        (json!({"callerIpAllowed": false}), address, Ran::No),
        (json!({"availability": "unreachable"}), silent, Ran::Unknown),
    ] {
        bench.change(change.clone()).await;
        let error = write(&bench, site, ample()).await;
        assert_eq!(error, meaning, "{change}");
        bench.change(usual.clone()).await;
        compare(&bench, site, &change.to_string(), &error, said, false).await;
    }
}

#[tokio::test]
async fn a_result_that_is_too_large_ran_whatever_status_says_so() {
    for status in [400, 413, 500] {
        let options = Options { too_large_status: status, ..Options::default() };
        let bench = Bench::with(options).await;
        let site = bench.pair().await;
        bench.forget_writes(site).await;
        bench.faults(json!([{"operation": "immediateQuery", "effect": "tooLarge"}])).await;
        let error = write(&bench, site, ample()).await;
        bench.calm().await;
        compare(&bench, site, &status.to_string(), &error, Ran::Yes, true).await;
    }
}

#[tokio::test]
async fn a_replaced_guid_ran_nothing_and_the_lookup_gives_the_new_one() {
    let (bench, site) = Bench::paired().await;
    bench.faults(json!([{"operation": "immediateQuery", "effect": "staleGuid", "times": 1}])).await;
    let error = write(&bench, site, ample()).await;
    assert_eq!(error, Error::Forbidden(Forbidden::Site));
    let found =
        bench.client.find_sites(PmsName::BestPractice, bench.site_id(), ample()).await.unwrap();
    assert_ne!(found[0].id, site);
    compare(&bench, found[0].id, "staleGuid", &error, Ran::No, false).await;
}

#[tokio::test]
async fn a_lost_pairing_is_found_by_looking() {
    let bench = Bench::new().await;
    let pms = PmsName::BestPractice;
    bench.change(json!({"lookupBeforePair": "empty"})).await;
    for (effect, paired) in [("504BeforeExecution", false), ("dropAfter", true)] {
        let code = bench.code().await;
        let fault: Value = json!([{"operation": "pairSite", "effect": effect, "times": 1}]);
        bench.faults(fault).await;
        let lost = bench.client.pair_site(pms, bench.site_id(), Some(&code), ample()).await;
        assert_eq!(lost.unwrap_err().did_it_run(), Ran::Unknown);
        let found = bench.client.find_sites(pms, bench.site_id(), ample()).await.unwrap();
        assert_eq!(found.len(), usize::from(paired), "{effect}");
    }
}
