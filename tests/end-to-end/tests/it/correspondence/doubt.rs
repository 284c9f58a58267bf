//! Faults at Halo: each document is in Bp exactly once, whatever fails and when.

use super::*;
use crate::steps::paired_practice;

#[tokio::test]
async fn whatever_is_lost_on_the_way_a_letter_arrives_exactly_once() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    for (at, (operation, effect)) in [
        ("asyncQuery", "dropAfter"),
        ("asyncQuery", "504AfterExecution"),
        ("asyncQuery", "504BeforeExecution"),
        ("asyncQuery", "dropBefore"),
        ("asyncQuery", "429"),
        ("asyncQuery", "503"),
        ("asyncQuery", "500"),
        ("asyncQuery", "malformedBody"),
        ("asyncQuery", "expiredInQueue"),
        ("asyncQuery", "uploadFailed"),
        ("queryStatus", "500"),
        ("resultPage", "pageGone"),
        ("resultPage", "truncatedBody"),
        ("webhook", "webhookLost"),
    ]
    .into_iter()
    .enumerate()
    {
        let subject = format!("Storm {at}");
        let document = Document::pdf(&subject);
        upload(&practice.platform, &document).await;
        let mut body = referral(&document);
        body["subject"] = json!(subject);
        bp.faults(json!([{ "operation": operation, "effect": effect, "times": 1 }])).await;
        let id = new_id();
        practice.platform.put(&format!("/referrals/{id}"), &body).await.assert_status(202);
        let delivered = reaches(&practice, &format!("referral-{id}"), "delivered").await;
        bp.no_faults().await;
        let kept = tables.out(&subject);
        assert_eq!(kept.len(), 1, "{operation} {effect}: {kept:?}");
        assert_eq!(kept[0].bytes, document.bytes, "{operation} {effect}");
        assert_eq!(*delivered.at("/bpRecordId"), json!(kept[0].record), "{operation} {effect}");
    }
}

#[tokio::test]
async fn a_practice_that_is_off_delays_its_letters_and_nobody_elses_and_loses_none() {
    let stack = TestStack::shared().await;
    let bp = stack.exclusive().await;
    let practice = paired_practice(stack, &bp).await;
    let tables = Tables::open(stack, &bp).await;
    bp.set_practice(LARGE, json!({ "availability": "offline" })).await;
    let mut sent = Vec::new();
    for at in 0..3 {
        let subject = format!("By night {at}");
        let document = Document::pdf(&subject);
        upload(&practice.platform, &document).await;
        let mut body = referral(&document);
        body["subject"] = json!(subject);
        let id = new_id();
        practice.platform.put(&format!("/referrals/{id}"), &body).await.assert_status(202);
        sent.push((subject, format!("referral-{id}"), document));
    }
    for (_, delivery, _) in &sent {
        let waiting = reaches(&practice, delivery, "waiting").await;
        assert_eq!(waiting.text_at("/problem/type"), "site-offline");
    }
    // An offline practice costs no query.
    let mark = bp.mark().await;
    support::pause("nothing is to happen meanwhile", Duration::from_secs(6)).await;
    let calls = bp.queries_since(mark).await;
    assert!(calls.iter().all(|call| call.operation == "getSite"), "{calls:?}");

    bp.set_practice(LARGE, json!({ "availability": "online" })).await;
    for (subject, delivery, document) in &sent {
        let delivered = reaches(&practice, delivery, "delivered").await;
        assert_eq!(*delivered.at("/attempts"), json!(1), "waiting costs no attempt");
        let kept = tables.out(subject);
        assert_eq!(kept.len(), 1, "{subject}");
        assert_eq!(kept[0].bytes, document.bytes);
    }
}
