//! Pairs with a practice of the Halo simulator and searches its patients:
//! `cargo run -p halo --example search`. Everybody in the simulator is invented.
#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use halo::{Call, Command, Deadline, FixedKeys, HaloClient, Keys, Parameter, PmsName};
use halo_simulator::{Options, Simulator, local_client};

const SITE_ID: &str = "71001";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let simulator = Simulator::start(Options::default()).await?;
    let http = local_client()?;

    // In a real practice, Bp shows the pairing code.
    let url = format!("{}/practices/{SITE_ID}/pairing-codes", simulator.control_url());
    let answer = http.post(url).send().await?.error_for_status()?.text().await?;
    let answer: serde_json::Value = serde_json::from_str(&answer)?;
    let code = answer["pairingCode"].as_str().ok_or("no pairing code")?;

    let keys = Keys { primary: simulator.primary_key().into(), secondary: None };
    let halo = HaloClient::new(http, simulator.url().parse()?, Arc::new(FixedKeys(keys)));
    let deadline = Deadline::after(Duration::from_secs(20));
    let site = halo.pair_site(PmsName::BestPractice, SITE_ID, Some(code), deadline).await?;

    let search = Command::text(
        "SELECT TOP 5 InternalID, Firstname, Surname FROM dbo.BPS_Patients
         WHERE InternalID > 0 AND Surname LIKE @surname ORDER BY InternalID",
    )
    .with(Parameter::var_char("@surname", "W%"));
    let found = halo.immediate(site.id, &search, Call::Read, deadline).await?;
    for row in found.sets.iter().flatten() {
        let first = row.text("Firstname")?.unwrap_or_default();
        let last = row.text("Surname")?.unwrap_or_default();
        println!("{}: {first} {last}", row.int("InternalID")?);
    }
    simulator.shutdown().await;
    Ok(())
}
