//! Nothing secret is ever printed.

use std::fmt::{Debug, Display};
use std::time::Duration;

use halo::{
    Call, Command, Deadline, Direction, Error, FhirQuery, FixedKeys, Keys, Parameter, PmsName,
    Registration, SqlType,
};
use serde_json::json;

use crate::scripted::{Say, Scripted, answer};
use crate::support::{Bench, ample, client_of, fixed};

/// Everything printed so far.
#[derive(Default)]
struct Printed(String);

impl Printed {
    fn debug(&mut self, thing: &impl Debug) {
        self.0 += &format!("{thing:?}\n{thing:#?}\n");
    }

    fn error<T: Debug>(&mut self, outcome: Result<T, impl Debug + Display>) {
        let error = outcome.map(|_| ()).expect_err("an error to print");
        self.0 += &format!("{error}\n{error:?}\n{error:#?}\n");
    }

    fn shows_none_of(&self, secrets: &[&str]) {
        for secret in secrets {
            assert!(!self.0.contains(secret), "{secret} was printed:\n{}", self.0);
        }
    }
}

#[tokio::test]
async fn no_key_value_code_or_row_is_printed() {
    let (bench, site) = Bench::paired().await;
    let mut printed = Printed::default();
    let keys = FixedKeys(Keys {
        primary: "primary-secret".to_owned().into(),
        secondary: Some("secondary-secret".to_owned().into()),
    });
    printed.debug(&keys);
    printed.debug(&bench.client);
    let value = Parameter::var_char("@name", "Quokkaworth");
    printed.debug(&value);
    let command = Command::text("SELECT @name AS name, 'Wombatson' AS other; SET @out = @name")
        .with(value)
        .with(Parameter::output("@out", SqlType::VarChar, Some(40)));
    printed.debug(&command.clone().catalogue("BPSPatients"));
    printed.debug(&Direction::Output);
    let result = bench.client.immediate(site, &command, Call::Read, ample()).await.unwrap();
    assert_eq!(result.sets[0][0].text("name").unwrap().as_deref(), Some("Quokkaworth"));
    assert_eq!(result.parameters[0].value.as_deref(), Some("Quokkaworth"));
    printed.debug(&result);
    printed.error(result.sets[0][0].int("name"));
    printed.error(result.sets[0][0].date("other"));
    printed.debug(&Registration {
        name: "watch".to_owned(),
        frequency: Duration::from_secs(60),
        duration: Duration::from_secs(60),
        command: Command::text("SELECT @name").with(Parameter::n_var_char("@name", "Quokkaworth")),
    });
    printed.debug(&FhirQuery {
        resource: "Patient",
        parameters: vec![("family".to_owned(), "Quokkaworth".to_owned())],
    });
    let query = bench.client.submit(site, &command, Duration::from_secs(60), Call::Read, ample());
    let query = query.await.unwrap().query_id;
    let end = crate::asynchronous::settled(&bench, site, query).await;
    printed.debug(&end);
    printed.debug(&bench.client.page(site, query, 1, ample()).await.unwrap());
    // The command's own text is fixed at compile time.
    printed.0 = printed.0.replace("'Wombatson'", "");
    printed.shows_none_of(&[
        "Quokkaworth",
        "Wombatson",
        "primary-secret",
        "secondary-secret",
        bench.running.primary_key(),
        bench.running.secondary_key(),
    ]);
}

#[tokio::test]
async fn no_error_repeats_what_was_sent_or_what_halo_said() {
    let (bench, site) = Bench::paired().await;
    let mut printed = Printed::default();
    let pms = PmsName::BestPractice;
    let client = &bench.client;
    printed.error(client.pair_site(pms, bench.site_id(), Some("SECRT7"), ample()).await);
    for effect in ["500", "dropBefore", "malformedBody", "403", "504BeforeExecution"] {
        bench.faults(json!([{"operation": "pairSite", "effect": effect, "times": 1}])).await;
        printed.error(client.pair_site(pms, bench.site_id(), Some("SECRT7"), ample()).await);
    }
    let unreachable = client_of("http://127.0.0.1:1", fixed("some-secret", Some("other-secret")));
    let brief = || Deadline::after(Duration::from_millis(100));
    printed.error(unreachable.pair_site(pms, "71001", Some("SECRT7"), brief()).await);
    let slow = json!([{"operation": "pairSite", "effect": "slow", "delayMs": 60_000, "times": 1}]);
    bench.faults(slow).await;
    let deadline = Deadline::after(Duration::from_millis(300));
    printed.error(client.pair_site(pms, bench.site_id(), Some("SECRT7"), deadline).await);

    let message = "Cannot insert the value 'Quokkaworth' into a column.";
    for fault in [
        json!({"operation": "immediateQuery", "effect": "executionFailed", "message": message}),
        json!({"operation": "immediateQuery", "effect": "403", "message": message}),
        json!({"operation": "immediateQuery", "effect": "503", "message": message, "shape": "flat"}),
    ] {
        bench.faults(json!([fault])).await;
        printed.error(bench.write(site, ample()).await);
    }
    let body = r#"{"result":{"data":"UXVva2thd29ydGg="},"name":"Quokkaworth"}"#;
    let server = Scripted::start(vec![Say::Then(answer("200 OK", "", body, 0))]).await;
    let client = client_of(&server.url, fixed("some-secret", None));
    let command = Command::text("SELECT 1");
    printed.error(client.immediate(site, &command, Call::Write, ample()).await);
    let broken = client_of(&server.url, fixed("some-secret\n", None));
    printed.error(broken.immediate(site, &command, Call::Write, ample()).await);
    printed.error(halo::rows::decode("Quokkaworth!"));
    printed.0 += &Error::Malformed { what: "end" }.to_string();
    printed.shows_none_of(&[
        "SECRT7",
        "Quokkaworth",
        "UXVva2thd29ydGg",
        "some-secret",
        "other-secret",
        bench.running.primary_key(),
        bench.running.secondary_key(),
    ]);
}
