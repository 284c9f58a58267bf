//! The referral guide: the referral is filed in Correspondence Out, the reply goes to the inbox.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::attachments::hex;
use super::example::Example;
use super::guide::{As, Call, Guide, member};
use crate::{Aws, Error};

/// A letter in the form that a platform sends.
const LETTER: &str = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";

pub(crate) async fn send_a_referral(
    guide: &mut Guide<'_>,
    example: &Example,
    patient: &Value,
) -> Result<(), Error> {
    guide.chapter("Submit the referral");
    let practice = format!("/v1/practices/{}", example.practice_id);
    let document = format!("demo-letter-{}", Uuid::new_v4().simple());
    const ANNOUNCE: &str = "The platform asks for an upload link for the letter";
    let announced = json!({
        "documentId": document,
        "contentType": "application/pdf",
        "bytes": LETTER.len(),
        "sha256": hex(LETTER.as_bytes()),
    });
    let upload = guide
        .call(Call {
            title: ANNOUNCE,
            caller: As::Platform,
            method: Method::POST,
            path: format!("{practice}/documents"),
            body: Some(&announced),
            expected: 201,
        })
        .await?;
    let url = member(ANNOUNCE, &upload, "/uploadUrl")?.as_str().unwrap_or_default().to_owned();
    guide
        .upload("It uploads the letter to that link", &url, &upload["uploadHeaders"], LETTER.into())
        .await?;
    const SUBMIT: &str = "The clinician submits the referral, with the patient's summary";
    let referral = format!("demo-{}", Uuid::new_v4().simple());
    let submitted = json!({
        "patientId": patient,
        "documentId": document,
        "subject": "Referral to cardiology",
        "recipientName": "Wattlebird Heart Clinic",
        "summary": true,
    });
    let accepted = guide
        .call(Call {
            title: SUBMIT,
            caller: As::Clinician,
            method: Method::PUT,
            path: format!("{practice}/referrals/{referral}"),
            body: Some(&submitted),
            expected: 202,
        })
        .await?;
    let delivery = member(SUBMIT, &accepted, "/deliveryId")?.clone();
    follow(
        guide,
        &practice,
        &delivery,
        "The letter is now in the patient's Correspondence Out",
        "delivered",
    )
    .await?;
    let summary = member(SUBMIT, &accepted, "/summary/deliveryId")?.clone();
    const FILED: &str = "The summary is next to it, as a PDF";
    follow(guide, &practice, &summary, FILED, "delivered").await?;
    guide
        .call(Call {
            title: "The platform receives the same summary as FHIR",
            caller: As::Platform,
            method: Method::GET,
            path: format!("{practice}/referrals/{referral}/summary"),
            body: None,
            expected: 200,
        })
        .await?;

    guide.chapter("Receive the acknowledgement");
    const REPLY: &str =
        "The specialist acknowledges the referral; the reply goes to the clinician's inbox";
    let message = format!("demo-{}", Uuid::new_v4().simple());
    let reply = json!({
        "patient": { "patientId": patient },
        "addressee": { "userId": example.user["userId"] },
        "kind": "acknowledgement",
        "subject": "Referral received",
        "text": "Thank you for your referral. The patient is booked in.",
    });
    let accepted = guide
        .call(Call {
            title: REPLY,
            caller: As::Platform,
            method: Method::PUT,
            path: format!("{practice}/correspondence/{message}"),
            body: Some(&reply),
            expected: 202,
        })
        .await?;
    let delivery = member(REPLY, &accepted, "/deliveryId")?.clone();
    const ARRIVED: &str = "The reply is among the doctor's unchecked results";
    let arrived = follow(guide, &practice, &delivery, ARRIVED, "delivered").await?;
    let record = member(ARRIVED, &arrived, "/bpRecordId")?.clone();
    let checked = json!({ "userId": example.user["userId"], "notation": 4, "action": 1 });
    guide
        .call(Call {
            title: "The doctor checks it in Bp",
            caller: As::Practice,
            method: Method::POST,
            path: format!("/practices/{}/inbox/{record}/check", example.site_id),
            body: Some(&checked),
            expected: 200,
        })
        .await?;
    guide.say(
        "Practice Bridge looks for checked correspondence every 15 minutes. The demonstration does so now.",
    );
    let aws = Aws::at(&guide.stack.aws.endpoint_url)?;
    aws.run_job("checked", Some(&example.practice_id)).await?;
    const CHECKED: &str =
        "The platform sees that the doctor has read it, and the doctor's notation";
    follow(guide, &practice, &delivery, CHECKED, "checked").await?;
    Ok(())
}

async fn follow(
    guide: &mut Guide<'_>,
    practice: &str,
    delivery: &Value,
    title: &'static str,
    state: &'static str,
) -> Result<Value, Error> {
    guide
        .wait(
            Call {
                title,
                caller: As::Clinician,
                method: Method::GET,
                path: format!("{practice}/deliveries/{}", delivery.as_str().unwrap_or_default()),
                body: None,
                expected: 200,
            },
            |delivery| delivery["state"] == state,
        )
        .await
}
