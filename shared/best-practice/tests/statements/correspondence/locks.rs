//! What the two statements that write documents hold until they end.

use halo_simulator::practice::patient;

use crate::correspondence::support::{INBOX, OUT, Parameters, Practice};

/// `object kind mode rows` of the last transaction.
fn held(practice: &Practice) -> Vec<String> {
    let ended = practice.locks.ended();
    let lock = |lock: &halo_simulator::sql::HeldLock| {
        let rows = lock.rows.map(|rows| rows.to_string()).unwrap_or_default();
        let text = format!("{} {} {} {rows}", lock.object, lock.kind, lock.mode);
        text.trim_end().to_owned()
    };
    ended.last().unwrap().locks.iter().map(lock).collect()
}

#[test]
fn a_letter_holds_its_mark_and_the_rows_that_it_writes() {
    let mut practice = Practice::open();
    let (doctor, ..) = practice.doctor();
    let letter = Parameters::letter(patient::DEMONSTRATION, doctor, b"%PDF-1.7 made up");
    assert_eq!(practice.outcome(OUT, &letter)["Outcome"], "written");
    assert_eq!(
        held(&practice),
        [
            "BPSDocuments.DOCUMENTS rows X 1",
            "BPSPatients.CORRESPONDENCEOUT rows X 1",
            "application application X",
        ]
    );
    assert_eq!(practice.outcome(OUT, &letter)["Outcome"], "found");
    assert_eq!(held(&practice), ["application application X"]);
}

#[test]
fn a_message_holds_its_mark_and_the_rows_that_it_writes() {
    let mut practice = Practice::open();
    let (doctor, ..) = practice.doctor();
    let message = Parameters::message(("@userId", doctor.to_string()), b"%PDF-1.7 made up")
        .with("@patientId", &patient::DEMONSTRATION.to_string());
    assert_eq!(practice.outcome(INBOX, &message)["Outcome"], "written");
    assert_eq!(
        held(&practice),
        [
            "BPSDocuments.DOCUMENTS rows X 1",
            "BPSPatients.INCOMINGREPORTS rows X 1",
            "application application X",
        ]
    );
    assert_eq!(practice.outcome(INBOX, &message)["Outcome"], "found");
    assert_eq!(held(&practice), ["application application X"]);
}
