//! Numbers are compared without their blanks and leading zeros.

use best_practice::Written;
use domain::delivery::{Addressee, MessagePatient};

use crate::spelling::support::{Bench, DOCTOR, PATIENT};

#[tokio::test]
async fn a_message_reaches_the_user_however_bp_or_the_sender_writes_the_provider_number() {
    let bench = Bench::open().await;
    let user = ("USERID", DOCTOR.0);
    let mut failed = Vec::new();
    for (stored, sent) in [
        ("0499601K", "0499601K"),
        ("499601K", "0499601K"),
        ("0499601K", "499601K"),
        ("049960 1K", "0499601k"),
        ("0499601K", "049960\u{a0}1K"),
    ] {
        bench.change("USERS", user, &[("PROVIDERNO", "")]);
        bench.change("PROVIDER_LOCATION", user, &[("PROVIDERNUMBER", stored)]);
        let to = Addressee::parse_provider(sent).unwrap();
        let written = bench.message(MessagePatient::Known(PATIENT), to.clone()).await;
        if !matches!(written, Written::There(_)) {
            failed.push(format!("{stored} sent {sent}, at a location: {written:?}"));
        }
        bench.change("USERS", user, &[("PROVIDERNO", stored)]);
        bench.change("PROVIDER_LOCATION", user, &[("PROVIDERNUMBER", "")]);
        let written = bench.message(MessagePatient::Known(PATIENT), to).await;
        if !matches!(written, Written::There(_)) {
            failed.push(format!("{stored} sent {sent}: {written:?}"));
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
    let unknown = Addressee::parse_provider("0000001K").unwrap();
    let written = bench.message(MessagePatient::Known(PATIENT), unknown).await;
    assert_eq!(written, Written::NoAddressee, "a user without a number is nobody's");
}

#[tokio::test]
async fn a_message_reaches_the_user_whose_registration_number_has_blanks_in_bp() {
    let bench = Bench::open().await;
    for (stored, sent) in [
        ("MED 999 0000777", "MED9990000777"),
        ("med9990000777", "MED 9990000777"),
        ("MED\u{a0}9990000777", "MED9990000777"),
    ] {
        bench.change("USERS", ("USERID", DOCTOR.0), &[("REGISTRATIONNO", stored)]);
        let to = Addressee::parse_ahpra(sent).unwrap();
        let written = bench.message(MessagePatient::Known(PATIENT), to).await;
        assert!(matches!(written, Written::There(_)), "{stored} sent {sent}: {written:?}");
    }
}

#[tokio::test]
async fn a_clinician_is_linked_by_the_six_digits_whether_or_not_bp_has_the_leading_zero() {
    let bench = Bench::open().await;
    let user = ("USERID", DOCTOR.0);
    bench.change("USERS", user, &[("FIRSTNAME", "Jo"), ("SURNAME", "Made-Up")]);
    bench.change("PROVIDER_LOCATION", user, &[("PROVIDERNUMBER", "")]);
    for stored in ["0499601K", "499601K", "049960 1K", " 049 960 1k"] {
        bench.change("USERS", user, &[("PROVIDERNO", stored)]);
        let linked = bench.link("Jo", "Made-Up", Some("049960")).await;
        assert_eq!(linked.map(|linked| linked.user_id), Ok(DOCTOR), "{stored}");
        assert!(bench.link("Jo", "Made-Up", Some("049961")).await.is_err(), "{stored}");
    }
}

#[tokio::test]
async fn a_medicare_ending_is_the_cards_last_digits_whatever_stands_between_them() {
    let bench = Bench::open().await;
    bench.named("Pat", "Card");
    for (stored, ending, number) in [
        ("2950000041", Some("0041"), "2950000041"),
        ("2950 00004 1", Some("0041"), "2950000041"),
        ("2950/00004/1", Some("0041"), "2950000041"),
        ("29500000411", Some("0041"), "29500000411"),
        ("295000004", Some("0004"), "295000004"),
        ("see card", None, "see card"),
    ] {
        let patient = ("INTERNALID", PATIENT.0);
        bench.change("PATIENTS", patient, &[("MEDICARENO", stored)]);
        let found = bench.search("Card").await.unwrap();
        assert_eq!(found.medicare_ending.as_deref(), ending, "{stored}");
        let page = bench.demographics().await;
        assert_eq!(page.person.medicare_ending.as_deref(), ending, "{stored}");
        assert_eq!(page.medicare.unwrap().number, number);
    }
}
