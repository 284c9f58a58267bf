//! The guide's chapter on referrals: the referral is sent, the specialist acknowledges it, and the doctor
//! checks the acknowledgement.

use support::until;

use super::*;
use crate::steps::{becomes, named, paired_practice};

#[tokio::test]
async fn a_referral_is_sent_acknowledged_and_the_doctor_checks_the_acknowledgement() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;

    // The clinician imports the patient and a document into the form. Submitting it uploads the letter and
    // sends it.
    let document = filled_in(&practice).await;
    upload(&practice.clinician, &document).await;
    let id = new_id();
    let mark = bp.mark().await;
    let path = format!("/referrals/{id}");
    let sent = practice.clinician.put(&path, &referral(&document)).await;
    sent.assert_status(202);
    assert_eq!(sent.text_at("/deliveryId"), format!("referral-{id}"));
    assert_eq!(sent.text_at("/kind"), "referral");
    assert_eq!(sent.text_at("/state"), "accepted");

    let delivered = reaches(&practice, &format!("referral-{id}"), "delivered").await;
    let kept = tables.out("Referral – “left knee”");
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!((kept[0].patient, kept[0].user), (PATIENT, 1), "the clinician is the sender");
    assert_eq!((kept[0].bytes.as_slice(), kept[0].file_type.as_str()), (&*document.bytes, "pdf"));
    assert_eq!(*delivered.at("/bpRecordId"), json!(kept[0].record));
    assert_eq!(*delivered.at("/attempts"), json!(1));
    let steps: Vec<_> = delivered.at("/history").as_array().unwrap().clone();
    let steps: Vec<_> = steps.iter().map(|step| step["state"].as_str().unwrap()).collect();
    assert_eq!(steps, ["accepted", "sending", "delivered"]);
    let writes = named(&bp.queries_since(mark).await);
    let writes: Vec<_> = writes.iter().filter(|call| call.contains(':')).collect();
    assert_eq!(writes, ["asyncQuery:correspondence_out_write"]);

    // Bp's own list of the patient's documents shows it.
    let listed = practice
        .clinician
        .get(&format!("/patients/{PATIENT}/attachments?folder=correspondenceOut&limit=200"))
        .await;
    let items = listed.assert_status(200).at("/items").as_array().unwrap().clone();
    assert!(items.iter().any(|item| item["documentId"] == kept[0].record), "{}", listed.text);

    // The specialist's acknowledgement arrives in the doctor's unchecked inbox.
    let reply = new_id();
    let answer = practice
        .platform
        .put(&format!("/correspondence/{reply}"), &message("acknowledgement"))
        .await;
    answer.assert_status(202);
    let delivery = format!("message-{reply}");
    let arrived = reaches(&practice, &delivery, "delivered").await;
    assert_eq!(*arrived.at("/allocated"), json!(true));
    let inbox = tables.inbox("Left knee");
    assert_eq!(inbox.len(), 1, "{inbox:?}");
    assert_eq!((inbox[0].patient, inbox[0].user), (PATIENT, 1));
    assert_eq!(
        inbox[0].bytes,
        b"Thank you \x96 we have received your referral.\r\nIt\x92s in triage."
    );

    // A status query before the doctor has checked it changes nothing.
    let mark = bp.mark().await;
    stack.run_job("checked", Some(&practice.practice_id)).await;
    asked(&bp, mark).await;
    let check = json!({ "userId": 1, "notation": 1, "action": 2 });
    let path = format!("/practices/{LARGE}/inbox/{}/check", inbox[0].record);
    bp.control(reqwest::Method::POST, &path, Some(check)).await;
    assert!(tables.inbox("Left knee").is_empty());
    let filed = tables.filed("Left knee");
    assert_eq!(filed.len(), 1);
    assert_eq!(filed[0].bytes, inbox[0].bytes);

    stack.let_come_round("checked", &practice.practice_id).await;
    let checked = reaches(&practice, &delivery, "checked").await;
    assert_eq!(*checked.at("/bpRecordId"), json!(filed[0].record));
    assert_eq!(checked.text_at("/check/notation"), "Normal");
    assert_eq!(checked.text_at("/check/action"), "Reception to advise");
    assert_eq!(*checked.at("/check/checkedBy"), json!(1));

    let trail = practice.practice_admin.get(&format!("/audit?patientId={PATIENT}")).await;
    let actions: Vec<_> = trail.at("/items").as_array().unwrap().clone();
    let actions: Vec<_> = actions.iter().map(|line| line["action"].as_str().unwrap()).collect();
    assert!(actions.contains(&"referralSent") && actions.contains(&"messageSent"), "{actions:?}");
    stack
        .assert_not_logged(&["left knee", "Left knee", "O’Leary", "in triage", "Wattleford"])
        .await;
}

/// A referral form filled in from Bp: the clinician searches and picks the patient, then imports the
/// particulars, the record and the newest document.
async fn filled_in(practice: &TestPractice) -> Document {
    let clinician = &practice.clinician;
    let search = json!({ "lastName": "Wattleford", "dateOfBirth": "1957-03-14" });
    let found = clinician.post("/patients/search", &search).await;
    let matches = found.assert_status(200).at("/matches").as_array().unwrap().clone();
    let [patient] = &matches[..] else { panic!("one match, not {}", found.text) };
    assert_eq!(patient["patientId"], PATIENT);
    let particulars = clinician.get(&format!("/patients/{PATIENT}")).await;
    particulars.assert_status(200);
    let record = clinician.get(&format!("/patients/{PATIENT}/clinical-summary")).await;
    record.assert_status(200);

    let list = clinician.get(&format!("/patients/{PATIENT}/attachments?limit=1")).await;
    let newest = list.assert_status(200).at("/items/0").clone();
    let import = json!({
        "importId": new_id(),
        "items": [{ "folder": newest["folder"], "documentId": newest["documentId"], "category": "Imaging" }],
    });
    let path = format!("/patients/{PATIENT}/attachment-imports");
    clinician.post(&path, &import).await.assert_status(202);
    let path = format!("/attachment-imports/{}", import["importId"].as_str().unwrap());
    let copy = becomes(clinician, &path, "/state", "complete").await;
    let client = local::loopback_client().unwrap();
    let attached = client.get(copy.text_at("/items/0/downloadUrl")).send().await.unwrap();
    let attached = attached.bytes().await.unwrap();
    assert_eq!(copy.text_at("/items/0/sha256"), sha256(&attached));

    let words = format!(
        "{} {}, born {}; {} items of past history; attached {}",
        particulars.text_at("/firstName"),
        particulars.text_at("/lastName"),
        particulars.text_at("/dateOfBirth"),
        record.at("/sections/pastHistory/items").as_array().unwrap().len(),
        copy.text_at("/items/0/sha256"),
    );
    Document::pdf(&words)
}

/// Waits for the query to Bp about which messages are checked.
async fn asked(bp: &Bp<'_>, mark: u64) {
    until("Bp is asked which messages are checked", PATIENCE, async || {
        let sent = named(&bp.queries_since(mark).await);
        if sent.iter().any(|it| it.ends_with(":inbox_checked")) {
            Ok(())
        } else {
            Err(sent.join(", "))
        }
    })
    .await;
}

#[tokio::test]
async fn a_document_of_twenty_megabytes_is_filed_whole() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    let document = Document::large(20 * 1024 * 1024);
    upload(&practice.platform, &document).await;
    let id = new_id();
    let mut body = referral(&document);
    body["subject"] = json!("Twenty megabytes");
    practice.platform.put(&format!("/referrals/{id}"), &body).await.assert_status(202);
    reaches(&practice, &format!("referral-{id}"), "delivered").await;
    let kept = tables.out("Twenty megabytes");
    assert_eq!(kept.len(), 1);
    assert!(kept[0].bytes == document.bytes, "the bytes differ");
    assert_ne!(kept[0].user, 0, "the usual doctor stands for a sender that nobody named");
}
