use super::*;
use crate::Sha256;
use crate::problem::ProblemType as P;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn message() -> Delivery {
    let practice = PracticeId::parse("ours").unwrap();
    let id = DeliveryId::of_message(&ClientId::parse("m-1").unwrap());
    let letter = Letter::Message(Message {
        patient: MessagePatient::Known(PatientId(1)),
        addressee: Addressee::Ahpra("MED0000000001".to_owned()),
        fallback: None,
        sender_name: None,
        kind: MessageKind::Advice,
        subject: MessageSubject::parse("Left knee").unwrap(),
        content: Content::Text(MessageText::parse("Rest it.").unwrap()),
    });
    let subject = Subject("platform".to_owned());
    let site = crate::ids::SiteId::parse("71001").unwrap().into();
    Delivery::accept(&practice, site, id, letter, subject, at(0))
}

#[test]
fn a_deliverys_id_says_which_of_the_platforms_ids_it_is() {
    let id = ClientId::parse("0b7e-1.a_B").unwrap();
    assert_eq!(DeliveryId::of_referral(&id).as_str(), "referral-0b7e-1.a_B");
    assert_eq!(DeliveryId::parse("referral-0b7e-1.a_B"), Ok(DeliveryId::of_referral(&id)));
    for wrong in ["", "0b7e", "letter-1", "referral-", "referral-a/b", "message-a b"] {
        assert!(DeliveryId::parse(wrong).is_err(), "{wrong:?} was taken");
    }
    let practice = PracticeId::parse("ours").unwrap();
    assert_ne!(
        DeliveryId::of_referral(&id).token(&practice),
        DeliveryId::of_message(&id).token(&practice)
    );
}

#[test]
fn a_practice_that_is_off_for_a_week_is_one_step_of_the_history() {
    let mut delivery = message();
    for second in 1..1000 {
        delivery.waiting(ProblemType::SiteOffline, Some(at(second + 30)), at(second));
    }
    assert_eq!(delivery.history.len(), 2);
    assert_eq!(delivery.next_attempt_at, Some(at(1029)));
}

#[test]
fn a_restless_history_keeps_its_beginning_and_its_end() {
    let mut delivery = message();
    for second in 1..200 {
        delivery.sending(u32::try_from(second).unwrap(), at(second));
        delivery.waiting(ProblemType::AttemptFailed, None, at(second));
    }
    assert_eq!(delivery.history.len(), Delivery::MOST_STEPS);
    assert_eq!(delivery.history[0].state, DeliveryState::Accepted);
    assert_eq!(delivery.history.last().unwrap().at, at(199));
    assert_eq!(delivery.attempts, 199);
}

/// A referral as the previous release stored it.
fn old_referral() -> serde_json::Value {
    serde_json::json!({
        "deliveryId": "referral-r-1", "site": "71001",
        "letter": { "referral": {
            "patient": 7,
            "document": {
                "announced": { "documentId": "d-1", "contentType": "pdf", "bytes": 4,
                    "sha256": "ab".repeat(32) },
                "key": "documents/made-up", "announcedAt": "2026-03-01T00:00:00Z",
            },
            "subject": "Left knee", "recipient": "Dr O’Leary", "date": null, "sender": 1,
        } },
        "askedBy": "platform", "acceptedAt": "2026-03-02T00:00:00Z",
        "token": "PB0123456789ABCDEFGHJKMNP", "state": "waiting", "attempts": 1,
        "nextAttemptAt": null, "bpRecordId": null, "allocated": null,
        "problem": "site-offline", "history": [],
    })
}

#[test]
fn a_referral_that_was_kept_before_patients_were_compared_goes_by_the_number_only() {
    let delivery: Delivery = serde_json::from_value(old_referral()).unwrap();
    assert_eq!(delivery.patient(), Some(PatientId(7)));
    assert_eq!(delivery.patient_check(), Some(PatientCheck::NumberOnly));
    let Letter::Referral(referral) = delivery.letter else { panic!("no referral") };
    assert_eq!(referral.acknowledged, []);
}

#[test]
fn who_was_chosen_is_kept_until_bp_has_the_letter_and_no_longer() {
    let mut delivery: Delivery = serde_json::from_value(old_referral()).unwrap();
    let Letter::Referral(referral) = &mut delivery.letter else { panic!("no referral") };
    referral.chosen = Chosen::Patient(ChosenPatient {
        surname: ChosenPatient::parse_last_name("O'Wattle").unwrap(),
        date_of_birth: "1957-03-14".parse().unwrap(),
    });
    let kept = serde_json::to_string(&delivery).unwrap();
    assert_eq!(serde_json::from_str::<Delivery>(&kept).unwrap(), delivery);
    delivery.failed(ProblemType::PatientDeceased, at(1));
    assert!(serde_json::to_string(&delivery).unwrap().contains("OWATTLE"), "it may be retried");
    delivery.delivered(9, true, at(2));
    let kept = serde_json::to_string(&delivery).unwrap();
    assert!(!kept.contains("OWATTLE") && !kept.contains("1957"), "{kept}");
    assert_eq!(delivery.patient_check(), Some(PatientCheck::NameAndDateOfBirth));
}

#[test]
fn whom_a_messages_number_belongs_to_is_kept_until_bp_has_the_message_and_no_longer() {
    assert_eq!(message().patient_check(), Some(PatientCheck::NumberOnly));
    let mut delivery = message();
    let Letter::Message(letter) = &mut delivery.letter else { panic!("no message") };
    letter.patient = MessagePatient::Numbered(NumberedPatient {
        id: PatientId(7),
        last_name: DescribedPatient::parse_last_name("O'Wattle").unwrap(),
        date_of_birth: "1957-03-14".parse().unwrap(),
    });
    let kept = serde_json::to_string(&delivery).unwrap();
    assert_eq!(serde_json::from_str::<Delivery>(&kept).unwrap(), delivery);
    assert!(kept.contains("O'Wattle"));
    delivery.delivered(9, false, at(2));
    let kept = serde_json::to_string(&delivery).unwrap();
    assert!(!kept.contains("Wattle") && !kept.contains("1957"), "{kept}");
    assert_eq!(serde_json::from_str::<Delivery>(&kept).unwrap(), delivery);
    assert_eq!(delivery.patient(), Some(PatientId(7)));
    assert_eq!(delivery.patient_check(), Some(PatientCheck::NameAndDateOfBirth));
}

#[test]
fn a_summary_goes_with_a_referral_under_its_id_with_a_token_of_its_own() {
    let practice = PracticeId::parse("ours").unwrap();
    let mut referral: Delivery = serde_json::from_value(old_referral()).unwrap();
    assert!(referral.summary(&practice).is_none(), "an older release sent none");
    let stored = serde_json::to_value(&referral.letter).unwrap();
    assert!(stored["referral"].get("summary").is_none(), "an older release reads it again");
    let Letter::Referral(letter) = &mut referral.letter else { panic!("no referral") };
    letter.summary = true;
    let mut summary = referral.summary(&practice).unwrap();
    assert_eq!(summary.delivery_id, DeliveryId::parse("summary-r-1").unwrap());
    assert_eq!(Some(&summary.delivery_id), referral.summary_id().as_ref());
    assert_eq!(
        (summary.patient(), summary.kind()),
        (Some(PatientId(7)), DeliveryKind::PatientSummary)
    );
    assert_ne!(summary.token, DeliveryId::parse("referral-r-1").unwrap().token(&practice));
    assert!(!summary.is_for_an_inbox() && summary.summary(&practice).is_none());

    let file = |key: &str| KeptFile { key: key.to_owned(), bytes: 1, sha256: Sha256::of(b"1") };
    let kept = KeptSummary {
        read_at: at(1),
        read_on: None,
        fhir: file("summaries/a"),
        pdf: file("summaries/b"),
    };
    let Letter::Summary(letter) = &mut summary.letter else { panic!("no summary") };
    letter.kept = Some(kept.clone());
    let stored = serde_json::to_string(&summary).unwrap();
    assert_eq!(serde_json::from_str::<Delivery>(&stored).unwrap(), summary);
    assert_eq!(summary.delivered_summary(), None, "nobody receives it before Bp has it");
    summary.delivered(9, true, at(2));
    assert_eq!(summary.delivered_summary(), Some(&kept));
}

#[test]
fn only_a_summary_has_another_clinician_ask_for_the_record() {
    let other = Subject("another clinician".to_owned());
    let mut referral: Delivery = serde_json::from_value(old_referral()).unwrap();
    let Letter::Referral(letter) = &mut referral.letter else { panic!("no referral") };
    letter.summary = true;
    let mut summary = referral.summary(&PracticeId::parse("ours").unwrap()).unwrap();
    summary.asked_again_by(&other);
    assert_eq!(summary.asked_by, other);
    referral.asked_again_by(&other);
    assert_ne!(referral.asked_by, other);
}

#[test]
fn only_a_failed_delivery_is_tried_again() {
    let mut delivery = message();
    assert_eq!(delivery.retry(at(1)), Err(NotFailed));
    delivery.failed(ProblemType::AddresseeNotFound, at(2));
    assert_eq!(delivery.retry(at(3)), Ok(()));
    assert_eq!((delivery.state, delivery.problem), (DeliveryState::Accepted, None));
    delivery.delivered(7, true, at(4));
    assert_eq!(delivery.retry(at(5)), Err(NotFailed));
}

#[test]
fn a_delivered_text_is_kept_no_longer() {
    let mut delivery = message();
    delivery.delivered(7, false, at(4));
    assert!(!serde_json::to_string(&delivery).unwrap().contains("Rest it."));
    assert_eq!(delivery.bp_record_id, Some(7));
}

#[test]
fn a_message_that_nobody_checks_for_long_is_reported_once_in_whosever_inbox_it_is() {
    let long = SignedDuration::from_secs(10);
    let (first, second) = (BpUserId(1), BpUserId(2));
    let mut delivery = message();
    delivery.delivered(7, true, at(4));
    assert!(!delivery.unchecked(first, long, at(13)));
    assert_eq!(delivery.inbox_of, Some(first));
    assert!(delivery.unchecked(second, long, at(14)));
    assert!(!delivery.unchecked(second, long, at(99)));
    assert_eq!((delivery.inbox_of, delivery.state), (Some(second), DeliveryState::Delivered));
    delivery.missing(at(100));
    assert!(!delivery.unchecked(second, long, at(101)), "it was only being filed");
    delivery.missing(at(102));
    assert_eq!(delivery.state, DeliveryState::Delivered);
    delivery.missing(at(103));
    assert_eq!(delivery.state, DeliveryState::Removed);
}

#[test]
fn a_message_that_went_to_the_fallback_says_why_and_has_no_problem() {
    let mut delivery = message();
    let user_id = BpUserId(3);
    delivery.addressed(Some(AddressedTo { user_id, fallback: Some(WhyFallback::Away) }));
    delivery.delivered(7, true, at(4));
    let last = delivery.history.last().unwrap();
    assert_eq!((last.state, last.reason), (DeliveryState::Delivered, Some(P::AddresseeAway)));
    assert_eq!((delivery.problem, delivery.delivered_at()), (None, Some(at(4))));
    let kept = serde_json::to_string(&delivery).unwrap();
    assert_eq!(serde_json::from_str::<Delivery>(&kept).unwrap(), delivery);

    let mut delivery = message();
    delivery.addressed(Some(AddressedTo { user_id, fallback: None }));
    delivery.delivered(7, true, at(4));
    assert_eq!(delivery.history.last().unwrap().reason, None);
}

#[test]
fn a_message_that_an_earlier_release_kept_has_no_fallback_and_is_still_read() {
    let mut kept = serde_json::to_value(message()).unwrap();
    let old = kept.as_object_mut().unwrap();
    assert!(old.remove("addressedTo").is_some());
    assert!(!old["letter"]["message"].as_object().unwrap().contains_key("fallback"));
    assert_eq!(serde_json::from_value::<Delivery>(kept).unwrap(), message());
}

#[test]
fn what_is_kept_is_read_back_the_same() {
    let mut delivery = message();
    delivery.waiting(ProblemType::OutcomeUnknown, Some(at(9)), at(1));
    let text = serde_json::to_string(&delivery).unwrap();
    assert_eq!(serde_json::from_str::<Delivery>(&text).unwrap(), delivery);
    assert!(text.contains("outcome-unknown"), "{text}");
}

#[test]
fn a_message_filed_under_another_patient_is_looked_for_there() {
    let mut delivery = message();
    assert_eq!(delivery.filed_patient(), Some(PatientId(1)));
    delivery.found_under(Some(PatientId(2)));
    // A statement that does not return the patient changes nothing.
    delivery.found_under(None);
    assert_eq!(delivery.filed_patient(), Some(PatientId(2)));
    let kept = serde_json::to_value(&delivery).unwrap();
    assert_eq!(serde_json::from_value::<Delivery>(kept).unwrap(), delivery);
    // It is moved back.
    delivery.found_under(Some(PatientId(1)));
    assert_eq!(delivery, message());
    // What an earlier release kept is still read.
    let kept = serde_json::to_value(&delivery).unwrap();
    assert_eq!(kept.get("filedUnder"), None);
    assert_eq!(serde_json::from_value::<Delivery>(kept).unwrap(), delivery);
}

#[test]
fn a_summary_fails_with_its_letter_and_starts_again_with_it() {
    let referral: Referral =
        serde_json::from_value(old_referral()["letter"]["referral"].clone()).unwrap();
    let mut summary = message();
    summary.letter = Letter::Summary(ReferralSummary::of(&referral));
    assert!(!summary.letter_arrived(at(1)), "it waits for its letter");
    summary.letter_failed(P::PatientChanged, at(2));
    assert_eq!((summary.state, summary.problem), (DeliveryState::Failed, Some(P::PatientChanged)));
    assert!(summary.waits_for_letter_again());
    let kept = serde_json::to_value(&summary).unwrap();
    assert_eq!(serde_json::from_value::<Delivery>(kept).unwrap(), summary);
    assert!(summary.letter_arrived(at(3)));
    assert_eq!((summary.state, summary.problem), (DeliveryState::Accepted, None));
    // A summary that failed on its own does not start again.
    summary.failed(P::MalformedAnswer, at(4));
    assert!(!summary.waits_for_letter_again() && !summary.letter_arrived(at(5)));
    // A letter is no summary.
    let mut letter = message();
    letter.letter_failed(P::PatientChanged, at(2));
    assert_eq!(letter, message());
}
