//! Whether a patient has died, and when.

use halo_simulator::practice::patient;
use halo_simulator::sql::Value;
use jiff::civil::date;

use crate::spelling::support::{Bench, PATIENT};

const DEMOGRAPHICS: &str = include_str!("../../statements/assumed/patient_demographics.sql");

#[tokio::test]
async fn a_patient_has_died_if_the_status_says_so_or_there_is_a_date_of_death() {
    let bench = Bench::open().await;
    let (active, deceased) = ("1", "3");
    for (status, day, died, died_on) in [
        (active, None, false, None),
        (active, Some("2026-01-05T00:00:00"), true, Some(date(2026, 1, 5))),
        (deceased, None, true, None),
        (deceased, Some("2026-01-05T10:30:00"), true, Some(date(2026, 1, 5))),
        // Bp's "no date".
        (active, Some("1900-01-01T00:00:00"), false, None),
        (active, Some("1899-12-30T00:00:00"), false, None),
    ] {
        bench.change("PATIENTS", ("INTERNALID", PATIENT.0), &[("PATIENTSTATUS", status)]);
        bench.died_on(day);
        let page = bench.demographics().await;
        assert_eq!((page.deceased, page.date_of_death), (died, died_on), "{status} {day:?}");
        assert!(page.person.unreadable.is_empty());
        let identity = bench.identity().await;
        assert_eq!((identity.is_deceased(), identity.date_of_death), (died, died_on), "{day:?}");
    }
}

#[test]
fn a_login_that_may_not_read_the_date_of_death_loses_only_that() {
    let mut practice = support::Practice::open();
    let read = |practice: &mut support::Practice| {
        let id = support::input("@patientId", "Int", patient::DECEASED.to_string());
        let outcome = practice.run(DEMOGRAPHICS, vec![id]).unwrap();
        let set = outcome.result_sets.last().unwrap();
        let names = set.columns.iter().cloned();
        names.zip(set.rows[0].iter().cloned()).collect::<Vec<_>>()
    };
    let whole = read(&mut practice);
    let is_date = |(name, _): &&(String, Value)| name == "DateOfDeath";
    let Some((_, Value::Text(day))) = whole.iter().find(is_date) else { panic!("{whole:?}") };
    assert_eq!(day.trim().len(), 10);
    practice.environment.denied_objects = vec!["PATIENTS".to_owned()];
    let without = read(&mut practice);
    for (with, without) in whole.iter().zip(&without) {
        let lost = is_date(&with);
        assert_eq!(without.1, if lost { Value::Null } else { with.1.clone() }, "{}", with.0);
    }
}
