//! The FHIR documents of many patients: what the API answers, without its HTTP.

use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use best_practice::{BpClient, PairingOutcome, StatementPack};
use domain::clinical::{IdentifiedRecord, NilMarker, Section, SectionName, Sections, Unreadable};
use domain::ids::{HaloGuid, PairingCode, PatientId, SiteId};
use domain::problem::ProblemType;
use domain::time_zone::PracticeTimeZone;
use halo::{Deadline, FixedKeys, HaloClient, Keys};
use halo_simulator::practice::Demonstration;
use halo_simulator::{Options, Running, Simulator, local_client};
use jiff::Timestamp;
use patient_summary::{Origin, document};
use uuid::Uuid;

use crate::Failure;
use crate::records::{doctor, everything, of, person, practice, sections};

/// Patients of the large practice: those who have a part in a story, and some of the others.
const CAST: std::ops::RangeInclusive<i64> = 1..=41;
const OTHERS: std::ops::RangeInclusive<i64> = 161..=205;
/// Patients who were deleted or merged have no record.
const WITHOUT_RECORD: [i64; 1] = [21];
pub(crate) const PER_CODE: NonZeroU16 = NonZeroU16::MIN.saturating_add(19);

/// Each document with its name.
pub(crate) async fn all() -> Result<Vec<(String, String)>, Failure> {
    let mut documents = of_test_records()?;
    documents.extend(of_patients().await?);
    Ok(documents)
}

pub(crate) fn failure(error: impl std::fmt::Display) -> Failure {
    Failure::Documents(error.to_string())
}

/// Writes one document. Its number makes its id.
pub(crate) fn written(
    record: &IdentifiedRecord,
    number: u128,
    zone: Option<&str>,
) -> Result<String, Failure> {
    const FIRST: u128 = 0x0f3c_1a52_7c1e_4b0a_9d7e_0000_0000_0000;
    let zone = zone.map(PracticeTimeZone::parse).transpose().map_err(failure)?;
    let origin = Origin {
        document: Uuid::from_u128(FIRST + (number << 16)),
        site_id: &SiteId::parse(Demonstration::Large.site_id()).map_err(failure)?,
        practice_name: Some(Demonstration::Large.name()),
        time_zone: zone.as_ref(),
        read_at: "2026-03-02T09:30:00.123456789Z".parse::<Timestamp>().map_err(failure)?,
    };
    serde_json::to_string_pretty(&document(record, &origin)).map_err(failure)
}

/// Records that no patient of the simulator has.
fn of_test_records() -> Result<Vec<(String, String)>, Failure> {
    const DENIED: Unreadable =
        Unreadable { reason: ProblemType::BpPermissionMissing, view: "BPS_Reactions", rows: 0 };
    const LOST: Unreadable =
        Unreadable { reason: ProblemType::MalformedAnswer, view: "BPS_History", rows: 2 };
    const ODD: &str = "<&\"'>\t\u{1}\u{a0}\u{2028}\u{fffe}\u{e9}\u{4e2d}\u{1f600}";
    let empty = |marker, unreadable: &'static [Unreadable]| Sections {
        past_history: Some(Section::conclude(vec![], marker, unreadable)),
        medications: Some(Section::conclude(vec![], marker, unreadable)),
        allergies: Some(Section::conclude(vec![], marker, unreadable)),
        family_history: Some(Section::conclude(vec![], marker, unreadable)),
        social: Some(Section::conclude(vec![], marker, unreadable)),
        observations: Some(Section::conclude(vec![], marker, unreadable)),
        immunisations: Some(Section::conclude(vec![], marker, unreadable)),
    };
    let mut nobody = person();
    nobody.title = None;
    nobody.first_name = None;
    nobody.middle_name = None;
    nobody.last_name = None;
    nobody.preferred_name = None;
    nobody.date_of_birth = None;
    nobody.sex = None;
    nobody.gender = None;
    (nobody.medicare, nobody.dva, nobody.ihi) = (None, None, None);
    let mut odd = person();
    for part in [
        &mut odd.title,
        &mut odd.first_name,
        &mut odd.last_name,
        &mut odd.sex,
        &mut odd.gender,
        &mut odd.ihi,
        &mut odd.address.line1,
        &mut odd.phones.home,
    ] {
        *part = Some(ODD.to_owned());
    }
    let mut odd_doctor = doctor(ODD);
    for number in
        [&mut odd_doctor.registration, &mut odd_doctor.hpii, &mut odd_doctor.provider_number]
    {
        *number = Some(ODD.to_owned());
    }
    odd.usual_doctor = Some(ODD.to_owned());
    let odd_record = IdentifiedRecord {
        practitioners: vec![odd_doctor],
        practice: practice(),
        ..of(odd, sections(ODD))
    };
    let mut unreadable = empty(NilMarker::Silent, &[DENIED]);
    unreadable.past_history = Some(Section::conclude(vec![], NilMarker::Silent, &[LOST]));
    [
        ("everything", everything(), Some("Australia/Sydney")),
        ("nil-known", of(person(), empty(NilMarker::Nil, &[])), None),
        ("nobody-unreadable", of(nobody, unreadable), None),
        ("odd-characters", odd_record, Some("Australia/Perth")),
        ("nothing-asked-for", of(person(), Sections::default()), None),
    ]
    .into_iter()
    .zip(1000..)
    .map(|((name, record, zone), number)| {
        Ok((format!("record-{name}"), written(&record, number, zone)?))
    })
    .collect()
}

/// What the simulator's Bp says of its patients.
async fn of_patients() -> Result<Vec<(String, String)>, Failure> {
    let running = Simulator::start(Options::default()).await.map_err(failure)?;
    let pack = StatementPack::load(None).map_err(failure)?;
    let (bp, guid) = paired(&running, pack).await?;
    let (mut documents, mut without) = (Vec::new(), Vec::new());
    for (patient, number) in CAST.chain(OTHERS).zip(1..) {
        let record = bp.identified_record(
            guid,
            PatientId(patient),
            &SectionName::ALL,
            PER_CODE,
            Deadline::after(Duration::from_secs(60)),
        );
        if let Some(record) = record.await.map_err(|error| failure(format!("{error:?}")))? {
            // Times of day are written differently without a time zone.
            let zone = (patient % 4 != 0).then(|| Demonstration::Large.time_zone());
            documents.push((format!("patient-{patient:03}"), written(&record, number, zone)?));
        } else {
            without.push(patient);
        }
    }
    running.shutdown().await;
    if without != WITHOUT_RECORD {
        return Err(failure(format!("no record: {without:?}, expected: {WITHOUT_RECORD:?}")));
    }
    Ok(documents)
}

/// A client of the first practice, with these statements.
pub(crate) async fn paired(
    running: &Running,
    pack: StatementPack,
) -> Result<(BpClient, HaloGuid), Failure> {
    let http = local_client().map_err(failure)?;
    let keys = Keys { primary: running.primary_key().to_owned().into(), secondary: None };
    let halo = HaloClient::new(
        http.clone(),
        running.url().parse().map_err(failure)?,
        Arc::new(FixedKeys(keys)),
    );
    let bp = BpClient::new(halo, pack);
    let site = Demonstration::Large.site_id();
    let url = format!("{}/practices/{site}/pairing-codes", running.control_url());
    let issued = http.post(url).send().await.map_err(failure)?.bytes().await.map_err(failure)?;
    let issued: serde_json::Value = serde_json::from_slice(&issued).map_err(failure)?;
    let code = PairingCode::parse(issued["pairingCode"].as_str().unwrap_or_default());
    let code = code.map_err(failure)?;
    let site = SiteId::parse(site).map_err(failure)?;
    match bp.pair(&site, &code, Deadline::after(Duration::from_secs(60))).await {
        PairingOutcome::Paired(site) => Ok((bp, site.halo_guid)),
        other => Err(failure(format!("not paired: {other:?}"))),
    }
}
