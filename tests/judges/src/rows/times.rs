//! How long the thickest patient's clinical record takes, with an older statement and with ours in turn.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use best_practice::{BpClient, StatementPack};
use domain::clinical::SectionName;
use domain::ids::{HaloGuid, PatientId};
use halo::Deadline;
use halo_simulator::practice::patient;
use halo_simulator::{Options, Simulator};

use super::bench;
use crate::documents::{PER_CODE, failure, paired, written};
use crate::{Failure, say};

const RUNS: usize = 11;
const STATEMENT: &str = "clinical_summary.sql";

/// Prints the median times. They are for information only.
pub(super) async fn report(before: &Path) -> Result<(), Failure> {
    let room = tempfile::tempdir().map_err(crate::file(before))?;
    let text = before.join("public").join(STATEMENT);
    fs::copy(&text, room.path().join(STATEMENT)).map_err(crate::file(&text))?;
    let options = Options { first_practice: Some(bench::kept()?), ..Options::default() };
    let running = Simulator::start(options).await.map_err(failure)?;
    let older = StatementPack::load(Some(room.path())).map_err(failure)?;
    let (older, guid) = paired(&running, older).await?;
    let ours = StatementPack::load(None).map_err(failure)?;
    let (ours, _) = paired(&running, ours).await?;
    let mut times: [Vec<Duration>; 4] = Default::default();
    for _ in 0..RUNS {
        times[0].push(json(&older, guid).await?);
        times[1].push(json(&ours, guid).await?);
        times[2].push(fhir(&older, guid).await?);
        times[3].push(fhir(&ours, guid).await?);
    }
    running.shutdown().await;
    let [json_before, json_now, fhir_before, fhir_now] = times.map(median);
    say(&format!(
        "\nThe clinical record of the thickest patient, median of {RUNS} runs in turn:\n\
         JSON (asked, answered, mapped)           {json_before:>9.1?} before, {json_now:>9.1?} now\n\
         FHIR (asked, answered, mapped, written)  {fhir_before:>9.1?} before, {fhir_now:>9.1?} now"
    ));
    Ok(())
}

const THICKEST: PatientId = PatientId(patient::MANY_DOCUMENTS);

fn deadline() -> Deadline {
    Deadline::after(Duration::from_secs(60))
}

async fn json(bp: &BpClient, guid: HaloGuid) -> Result<Duration, Failure> {
    let start = Instant::now();
    let asked = bp.clinical_summary(guid, THICKEST, &SectionName::ALL, PER_CODE, deadline());
    let found = asked.await.map_err(|error| failure(format!("{error:?}")))?;
    found.map(|_| start.elapsed()).ok_or_else(|| failure("the thickest patient has no record"))
}

async fn fhir(bp: &BpClient, guid: HaloGuid) -> Result<Duration, Failure> {
    let start = Instant::now();
    let asked = bp.identified_record(guid, THICKEST, &SectionName::ALL, PER_CODE, deadline());
    let found = asked.await.map_err(|error| failure(format!("{error:?}")))?;
    let record = found.ok_or_else(|| failure("the thickest patient has no record"))?;
    written(&record, 1, None)?;
    Ok(start.elapsed())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
