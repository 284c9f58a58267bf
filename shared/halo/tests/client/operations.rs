//! Every operation against the simulator.

use std::time::Duration;

use halo::{
    Availability, Call, Command, Error, ExecutionMode, FhirQuery, Forbidden, LifeCycle, Parameter,
    PmsName, Refusal, Registration, SqlFailure, SqlType, Uuid,
};
use serde_json::json;

use crate::support::{Bench, ample, eventually};

const PMS: PmsName = PmsName::BestPractice;

#[tokio::test]
async fn a_practice_is_paired_found_and_asked_how_it_is() {
    let bench = Bench::new().await;
    let code = bench.code().await;
    let (client, bp) = (&bench.client, bench.site_id());
    let paired = client.pair_site(PMS, bp, Some(&code), ample()).await.unwrap();
    assert_eq!(paired.pms_site_id.as_deref(), Some(bp));
    let found = client.find_sites(PMS, bp, ample()).await.unwrap();
    assert_eq!(found.iter().map(|site| site.id).collect::<Vec<_>>(), [paired.id]);
    let site = client.site(paired.id, ample()).await.unwrap();
    assert_eq!((site.availability, site.status), (Availability::Online, LifeCycle::Active));
    assert_eq!(site.practice_name.as_deref(), Some(bench.running.practices()[0].name.as_str()));
    assert!(site.pms_version.is_some() && site.halo_link_version.is_some());
    assert!(site.heartbeat.is_some());
    assert_eq!(site.client_clock, site.heartbeat, "the practice's clock is right");

    bench.change(json!({"availability": "unreachable"})).await;
    let site = client.site(paired.id, ample()).await.unwrap();
    assert_eq!(site.availability, Availability::Unreachable);
}

#[tokio::test]
async fn pairing_tells_a_bad_code_from_an_unknown_site_and_an_integration_not_enabled() {
    let bench = Bench::new().await;
    let (client, bp) = (&bench.client, bench.site_id());
    let bad_code = Err(Error::Refused { reason: Refusal::PairingCode });
    let code = bench.code().await;
    let pair = async |bp: &str, code: &str| {
        client.pair_site(PMS, bp, Some(code), ample()).await.map(|_| ())
    };
    assert_eq!(pair(bp, "WRONG1").await, bad_code);
    assert_eq!(pair("70999", &code).await, Err(Error::NotFound));
    bench.change(json!({"integrationEnabled": false})).await;
    assert_eq!(pair(bp, &code).await, Err(Error::Forbidden(Forbidden::NotEnabled)));
    bench.change(json!({"integrationEnabled": true})).await;
    assert_eq!(pair(bp, &code).await, Ok(()));
    assert_eq!(pair(bp, &code).await, bad_code, "a code is used once");
    let late = bench.code().await;
    bench.advance(8 * 86_400).await;
    assert_eq!(pair(bp, &late).await, bad_code, "a code expires");
    assert!(client.find_sites(PMS, "70999", ample()).await.unwrap().is_empty());
    let stranger = client.site(Uuid::new_v4(), ample()).await.map(|_| ());
    assert_eq!(stranger, Err(Error::NotFound));
}

#[tokio::test]
async fn parameters_reach_the_command_and_the_three_modes_differ() {
    let (bench, site) = Bench::paired().await;
    let run = async |command: Command| {
        bench.client.immediate(site, &command, Call::Read, ample()).await.unwrap()
    };
    let select = Command::text("SELECT @id AS id, @born AS born, @ansi AS ansi, @wide AS wide")
        .with(Parameter::int("@id", 7))
        .with(Parameter::date("@born", "1984-02-29".parse().unwrap()))
        .with(Parameter::var_char("@ansi", "O'Test -- 50%"))
        .with(Parameter::n_var_char("@wide", "Zoë 測試"));
    let result = run(select).await;
    let row = &result.sets[0][0];
    assert_eq!(row.int("ID"), Ok(7));
    assert_eq!(row.date("born").unwrap().unwrap().to_string(), "1984-02-29");
    assert_eq!(row.text("ansi").unwrap().as_deref(), Some("O'Test -- 50%"));
    assert_eq!(row.text("wide").unwrap().as_deref(), Some("Zoë 測試"));
    assert_eq!(result.rows_affected, None);

    let scalar = Command::text("SELECT 40 + 2, 'more' UNION ALL SELECT 1, 'less' ORDER BY 1 DESC")
        .mode(ExecutionMode::Scalar);
    let scalar = run(scalar).await;
    assert_eq!(scalar.sets.len(), 1);
    assert_eq!(scalar.sets[0].len(), 1);
    assert!(format!("{:?}", scalar.sets[0][0]).matches('"').count() == 2, "one column only");

    let written = bench.write(site, ample()).await.unwrap();
    assert_eq!((written.sets.len(), written.rows_affected), (0, Some(1)));
    assert_eq!(bench.writes(site).await, 1);
}

#[tokio::test]
async fn outputs_and_return_values_come_back_by_name() {
    let (bench, site) = Bench::paired().await;
    let text = Command::text("SET @sum = @a + 2; SET @word = 'done'")
        .mode(ExecutionMode::NonQuery)
        .with(Parameter::int("@a", 40))
        .with(Parameter::output("@sum", SqlType::Int, None))
        .with(Parameter::output("@word", SqlType::NVarChar, Some(40)));
    let result = bench.client.immediate(site, &text, Call::Write, ample()).await.unwrap();
    let value = |name: &str| {
        let found = result.parameters.iter().find(|parameter| parameter.name == name);
        found.unwrap_or_else(|| panic!("{name} did not come back")).value.clone()
    };
    assert_eq!(value("@sum").as_deref(), Some("42"));
    assert_eq!(value("@word").as_deref(), Some("done"));

    let (id, ..) = bench.someone().await;
    let procedure = Command::stored_procedure("BP_UpdatePatientEmail")
        .mode(ExecutionMode::NonQuery)
        .with(Parameter::int("@patientid", id.parse().unwrap()))
        .with(Parameter::var_char("@email", "kai@example.test"))
        .with(Parameter::return_value("@RETURN_VALUE"));
    let result = bench.client.immediate(site, &procedure, Call::Write, ample()).await.unwrap();
    assert_eq!(result.parameters.len(), 1);
    assert!(result.parameters[0].value.as_deref().is_some_and(|code| code.parse::<i64>().is_ok()));
    let procedure = Command::stored_procedure("BP_GetPatientByInternalID")
        .with(Parameter::int("@patientid", id.parse().unwrap()));
    let patient = bench.client.immediate(site, &procedure, Call::Read, ample()).await.unwrap();
    assert_eq!(patient.sets[0].len(), 1);
}

#[tokio::test]
async fn another_catalogue_is_another_database() {
    let (bench, site) = Bench::paired().await;
    let count = || Command::text("SELECT COUNT(*) AS n FROM dbo.DOCUMENTS");
    let there = count().catalogue("BPSDocuments");
    let there = bench.client.immediate(site, &there, Call::Read, ample()).await.unwrap();
    assert!(there.sets[0][0].int("n").unwrap() > 0);
    let here = bench.client.immediate(site, &count(), Call::Read, ample()).await;
    assert_eq!(here.unwrap_err(), Error::Sql(SqlFailure::UnknownObject));
}

#[tokio::test]
async fn a_registered_query_is_listed_read_and_stopped() {
    let (bench, site) = Bench::paired().await;
    let client = &bench.client;
    let registration = Registration {
        name: "watch".to_owned(),
        frequency: Duration::from_secs(60),
        duration: Duration::from_secs(600),
        command: Command::text("SELECT @n AS n").with(Parameter::int("@n", 5)),
    };
    let id = client.register(site, &registration, ample()).await.unwrap();
    let listed = client.registered(site, ample()).await.unwrap();
    assert_eq!((listed.len(), listed[0].id, listed[0].name.as_str()), (1, id, "watch"));
    let ran = eventually("it runs", || async {
        let shown = client.registered_query(site, id, ample()).await.unwrap();
        (shown.metrics.execution_succeeded_count == 1).then_some(shown)
    })
    .await;
    assert!(ran.last_hash.is_some());
    assert_eq!(ran.metrics.execution_failed_count, 0);
    let result = client.registered_result(site, id, ample()).await.unwrap();
    assert_eq!(result.sets[0][0].int("n"), Ok(5));
    client.cancel_registered(site, id, ample()).await.unwrap();
    client.cancel_registered(site, id, ample()).await.expect("twice changes nothing");
    assert_eq!(client.registered_query(site, id, ample()).await.unwrap().status, "cancelled");
    let stranger = client.registered_result(site, Uuid::new_v4(), ample()).await;
    assert_eq!(stranger.unwrap_err(), Error::NotFound);
}

#[tokio::test]
async fn fhir_tells_its_capabilities_reads_and_searches() {
    let (bench, site) = Bench::paired().await;
    let client = &bench.client;
    let capabilities = client.fhir_metadata(site, ample()).await.unwrap();
    assert_eq!(capabilities["resourceType"], "CapabilityStatement");
    let (id, surname, born) = bench.someone().await;
    let parameters = vec![("family".to_owned(), surname.clone()), ("birthdate".to_owned(), born)];
    let query = FhirQuery { resource: "Patient", parameters };
    let bundle = client.fhir_search(site, &query, ample()).await.unwrap();
    let entries = bundle["entry"].as_array().expect("somebody");
    assert!(entries.iter().any(|entry| entry["resource"]["id"] == id.as_str()));
    let patient = client.fhir_read(site, &["Patient", &id], ample()).await.unwrap();
    assert_eq!(patient["name"][0]["family"], surname.as_str());
    let nobody = client.fhir_read(site, &["Patient", "99999999"], ample()).await;
    assert_eq!(nobody.unwrap_err(), Error::NotFound);
    bench.change(json!({"availability": "offline"})).await;
    assert_eq!(client.fhir_metadata(site, ample()).await.unwrap_err(), Error::SiteOffline);
}
