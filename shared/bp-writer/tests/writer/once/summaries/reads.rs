//! When the record is read, for whom, and how old it may be when it is written. Each summary is due at once,
//! without its letter.

use super::*;

impl Scene {
    fn accept_summary(&self, id: &str, chosen: Chosen) -> WorkKey {
        let practice = &self.bench.practice;
        let summary = entry(self.referral(id, true, chosen).summary(practice).unwrap());
        self.bench.memory.accept(practice, &summary);
        summary.key
    }

    fn kept(&self, key: &WorkKey) -> KeptSummary {
        let Letter::Summary(summary) = self.delivery(key).letter else { panic!("no summary") };
        summary.kept.expect("the record was read")
    }

    /// Asserts that a summary is in Bp once, with the documents that are kept.
    fn assert_delivered(&self, key: &WorkKey, story: &str) -> KeptSummary {
        let delivery = self.delivery(key);
        assert_eq!(delivery.state, DeliveryState::Delivered, "{story}: {delivery:?}");
        assert_eq!(self.bench.records()[delivery.token.as_str()], 1, "{story}");
        let kept = self.kept(key);
        assert_eq!(Sha256::of(&self.in_bp(&delivery)), kept.pdf.sha256, "{story}");
        kept
    }

    /// The day under which a delivery is filed in Bp.
    fn filed_on(&self, key: &WorkKey) -> String {
        let practice = &self.bench.running.practices()[0];
        let database = rusqlite::Connection::open(&practice.database_file).unwrap();
        let sql =
            "SELECT CAST(CORRESPONDENCEDATE AS TEXT) FROM CORRESPONDENCEOUT WHERE RECORDID = ?1";
        let record = self.delivery(key).bp_record_id.unwrap();
        let day: String = database.query_row(sql, [record], |row| row.get(0)).unwrap();
        day[..10].to_owned()
    }

    fn retry(&self, key: &WorkKey, clinician: Option<&str>) {
        let (practice, now) = (&self.bench.practice, self.bench.now());
        let failed: Entry<Delivery> = self.bench.memory.entry(practice, key).read().unwrap();
        let mut delivery = failed.body.clone();
        delivery.retry(now).unwrap();
        if let Some(clinician) = clinician {
            delivery.asked_again_by(&Subject(clinician.to_owned()));
        }
        let (hash, listed) = (failed.hash.clone(), listing(&delivery));
        self.bench.memory.accept(practice, &failed.reopened(delivery, hash, &listed, now));
    }

    /// The audit lines, as text.
    fn lines(&self) -> Vec<String> {
        let puts = self.aws.calls().into_iter().filter(|call| call.operation == "PutItem");
        puts.map(|call| call.body.to_string()).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_practice_that_was_off_for_days_gets_the_record_of_the_day_it_is_back() {
    let scene = Scene::new().await;
    for (id, off, again) in [("r-1", 1, false), ("r-2", 8 * 24, true)] {
        scene.bench.faults(&[fault("asyncQuery", "503", 1)]).await;
        let key = scene.accept_summary(id, Chosen::NumberOnly);
        scene.bench.turn().await;
        let before = scene.kept(&key);
        scene.bench.memory.advance(SignedDuration::from_hours(off));
        let back = scene.bench.now();
        scene.bench.until_closed().await;
        let kept = scene.assert_delivered(&key, id);
        assert_eq!(kept.read_at >= back, again, "{id}: {kept:?}");
        assert_eq!(kept == before, !again, "{id}");
    }
    assert_eq!(scene.audit_lines(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_summary_that_is_retried_after_weeks_has_the_record_and_the_date_of_the_retry() {
    let scene = Scene::new().await;
    let mut refused = fault("asyncQuery", "executionFailed", 1);
    refused["errorCode"] = json!(229);
    scene.bench.faults(&[refused]).await;
    let key = scene.accept_summary("r-1", Chosen::NumberOnly);
    scene.bench.until_closed().await;
    assert_eq!(scene.delivery(&key).problem, Some(ProblemType::BpWriteNotPermitted));
    scene.bench.memory.advance(SignedDuration::from_hours(20 * 24));
    let retried = scene.bench.now();
    scene.retry(&key, None);
    scene.bench.until_closed().await;
    let kept = scene.assert_delivered(&key, "after the retry");
    assert!(kept.read_at >= retried, "{kept:?}");
    let day = kept.read_at.in_tz("Australia/Brisbane").unwrap().date();
    assert_eq!((kept.read_on, scene.filed_on(&key)), (Some(day), day.to_string()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_summary_that_may_be_in_bp_keeps_its_documents_however_long_that_lasts() {
    let scene = Scene::new().await;
    scene.bench.faults(&[fault("asyncQuery", "504AfterExecution", 1)]).await;
    let key = scene.accept_summary("r-1", Chosen::NumberOnly);
    scene.bench.turn().await;
    let before = scene.kept(&key);
    scene.bench.quiet().await;
    scene.bench.memory.advance(SignedDuration::from_hours(8 * 24));
    scene.bench.until_closed().await;
    assert_eq!(scene.assert_delivered(&key, "after the look-up"), before);
    assert_eq!(scene.audit_lines(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_bp_is_too_slow_or_too_busy_to_read_delays_a_summary_and_never_fails_it() {
    let scene = Scene::new().await;
    for (id, effect, code) in [("r-1", "504AfterExecution", 0), ("r-2", "executionFailed", 1205)] {
        let mut slow = fault("immediateQuery", effect, 40);
        slow["errorCode"] = json!(code);
        scene.bench.faults(&[slow]).await;
        let before = scene.audit_lines();
        let key = scene.accept_summary(id, Chosen::NumberOnly);
        scene.bench.until_closed().await;
        scene.assert_delivered(&key, id);
        assert!(scene.audit_lines() - before > 10, "{id}: each question has a line");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_bp_refuses_again_and_again_fails_the_summary() {
    let scene = Scene::new().await;
    let mut refused = fault("immediateQuery", "executionFailed", 50);
    refused["errorCode"] = json!(8114);
    scene.bench.faults(&[refused]).await;
    let key = scene.accept_summary("r-1", Chosen::NumberOnly);
    scene.bench.until_closed().await;
    assert_eq!(scene.delivery(&key).problem, Some(ProblemType::BpRefused));
    assert_eq!(scene.audit_lines(), 8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_is_read_only_after_its_audit_line_is_stored() {
    let scene = Scene::new().await;
    scene.audit_is_down.store(true, Ordering::SeqCst);
    let key = scene.accept_summary("r-1", Chosen::NumberOnly);
    scene.bench.turn().await;
    assert_eq!(scene.bench.calls("immediateQuery").await, 0);
    assert_ne!(scene.delivery(&key).state, DeliveryState::Failed);
    scene.audit_is_down.store(false, Ordering::SeqCst);
    scene.bench.until_closed().await;
    scene.assert_delivered(&key, "once the line was stored");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_record_of_somebody_else_behind_the_number_is_in_the_audit_trail() {
    let scene = Scene::new().await;
    let key = scene.accept_summary("r-1", somebody_else());
    scene.bench.until_closed().await;
    assert_eq!(scene.delivery(&key).problem, Some(ProblemType::PatientChanged));
    assert_eq!(scene.bench.calls("immediateQuery").await, 1);
    assert_eq!(scene.audit_lines(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_read_for_a_clinician_who_has_left_until_another_one_asks() {
    let scene = Scene::new().await;
    let key = scene.accept_summary("r-1", Chosen::NumberOnly);
    scene.keep_linked(&["another"]);
    for retry in [false, true] {
        // A platform's server retries. The record would still be read for the clinician who left.
        if retry {
            scene.retry(&key, None);
        }
        scene.bench.until_closed().await;
        assert_eq!(scene.delivery(&key).problem, Some(ProblemType::ClinicianLinkNeeded));
        assert_eq!((scene.bench.calls("immediateQuery").await, scene.audit_lines()), (0, 0));
    }
    scene.retry(&key, Some("another"));
    scene.bench.until_closed().await;
    scene.assert_delivered(&key, "for another clinician");
    let lines = scene.lines();
    assert!(lines.len() == 1 && lines[0].contains("another"), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_read_with_a_connection_that_has_been_replaced() {
    let scene = Scene::new().await;
    scene.items.lock().unwrap().remove(0);
    let key = scene.accept_summary("r-1", Chosen::NumberOnly);
    scene.bench.turn().await;
    assert_eq!((scene.bench.calls("immediateQuery").await, scene.audit_lines()), (0, 0));
    scene.keep_linked(&["clinician"]);
    scene.bench.until_closed().await;
    scene.assert_delivered(&key, "with the connection as it is now");
}
