use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::*;
use crate::attachments::Folder;
use crate::ids::DocumentId;
use crate::problem::ProblemType;

const PATIENCE: Patience =
    Patience { give_up_after: SignedDuration::from_hours(24), failed_tries: 3 };

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn lease(second: i64) -> Lease {
    Lease { owner: Uuid::new_v4(), until: at(second + 60) }
}

fn claimed(item: Item, second: i64) -> Fetching {
    match item.claimable(lease(second), at(second), PATIENCE) {
        Claim::Granted(fetching) => fetching,
        other => panic!("not granted: {other:?}"),
    }
}

fn copy() -> StagedCopy {
    StagedCopy {
        key: "attachments/x".to_owned(),
        bytes: 7,
        content_type: "text/plain".to_owned(),
        extension: "txt".to_owned(),
        sha256: "00".repeat(32),
        staged_at: at(9),
        dated: None,
        rendition: None,
    }
}

fn place() -> Place {
    Place { key: "attachments/x".to_owned(), upload_id: Some("u".to_owned()) }
}

#[test]
fn two_workers_never_work_on_one_document_at_once() {
    let working = Item::Fetching(claimed(Item::new(at(0)), 0));
    assert_eq!(working.clone().claimable(lease(5), at(5), PATIENCE), Claim::Held(at(60)));
    assert!(matches!(working.claimable(lease(61), at(61), PATIENCE), Claim::Granted(_)));
}

#[test]
fn a_worker_that_died_leaves_word_of_its_query_and_its_upload() {
    let mut working = claimed(Item::new(at(0)), 0);
    let query = Uuid::new_v4();
    working.asked(query);
    working.reserve(place());
    working.progress(1_000, lease(10));
    let next = claimed(Item::Fetching(working), 100);
    assert_eq!(next.effort().query(), Some(query));
    assert_eq!(next.place(), Some(&place()));
    assert_eq!(next.received(), 0, "a new try begins at the beginning");
}

#[test]
fn a_document_over_which_workers_die_is_given_up() {
    let mut item = Item::new(at(0));
    for round in 0..2 {
        item = Item::Fetching(claimed(item, round * 100));
    }
    let item = Item::Fetching(claimed(item, 200));
    match item.claimable(lease(300), at(300), PATIENCE) {
        Claim::Hopeless(Item::Failed(failure)) => {
            assert_eq!(failure.problem, ProblemType::Internal)
        }
        other => panic!("tried for ever: {other:?}"),
    }
}

#[test]
fn a_doubled_wake_does_not_double_the_tries() {
    let waiting =
        claimed(Item::new(at(0)), 0).postpone(ProblemType::SiteOffline, at(60), at(1), PATIENCE);
    assert_eq!(waiting.clone().claimable(lease(5), at(5), PATIENCE), Claim::Early);
    assert!(matches!(waiting.claimable(lease(59), at(59), PATIENCE), Claim::Granted(_)));
    // A webhook's wake for a prepared document is never early.
    let prepared = claimed(Item::new(at(0)), 0).wait(at(60));
    assert!(matches!(prepared.claimable(lease(5), at(5), PATIENCE), Claim::Granted(_)));
}

#[test]
fn an_offline_practice_is_waited_for_and_then_given_up_by_its_name() {
    let working = claimed(Item::new(at(0)), 0);
    let Item::Queued(effort) =
        working.clone().postpone(ProblemType::SiteOffline, at(160), at(100), PATIENCE)
    else {
        panic!("not queued");
    };
    assert_eq!(effort.obstacle(), Some(ProblemType::SiteOffline));
    let day = 24 * 3_600;
    let Item::Failed(failure) =
        working.postpone(ProblemType::SiteOffline, at(day + 60), at(day + 1), PATIENCE)
    else {
        panic!("waited for ever");
    };
    assert_eq!(failure.problem, ProblemType::PracticeOffline);
}

#[test]
fn a_document_that_is_damaged_each_time_fails_with_that_problem() {
    let mut item = Item::new(at(0));
    for round in 0..2 {
        item = claimed(item, round * 100).try_failed(
            ProblemType::DocumentDamaged,
            at(round * 100),
            at(round * 100),
            PATIENCE,
        );
        assert!(matches!(item, Item::Queued(_)));
    }
    let item =
        claimed(item, 300).try_failed(ProblemType::DocumentDamaged, at(300), at(300), PATIENCE);
    assert!(matches!(item, Item::Failed(f) if f.problem == ProblemType::DocumentDamaged));
}

#[test]
fn what_is_over_stays_over_unless_somebody_asks_again() {
    let staged = claimed(Item::new(at(0)), 0).stage(copy());
    let failed = claimed(Item::new(at(0)), 0).fail(ProblemType::DocumentInParts, at(1));
    for item in [staged.clone(), failed.clone(), Item::Cancelled { leftover: None }] {
        assert_eq!(item.claimable(lease(99), at(99), PATIENCE), Claim::Over);
    }
    assert!(staged.retry(at(2)).is_none());
    assert!(Item::new(at(0)).retry(at(2)).is_none());
    let again = failed.retry(at(2)).unwrap();
    assert!(again.is_untouched());
}

#[test]
fn a_cancelled_document_says_what_is_to_be_cleared_away() {
    let mut working = claimed(Item::new(at(0)), 0);
    working.reserve(place());
    let cancelled = Item::Fetching(working).cancel().unwrap();
    assert_eq!(cancelled.leftover(), Some(&place()));
    assert!(cancelled.cancel().is_none());
    let staged = claimed(Item::new(at(0)), 0).stage(copy()).cancel().unwrap();
    assert_eq!(staged.leftover().unwrap().key, "attachments/x");
}

#[test]
fn a_retried_document_clears_away_what_the_failed_try_left() {
    let mut working = claimed(Item::new(at(0)), 0);
    working.reserve(place());
    let again = working.fail(ProblemType::StorageUnavailable, at(1)).retry(at(2)).unwrap();
    assert_eq!(claimed(again, 3).place(), Some(&place()));
}

#[test]
fn an_import_is_as_its_documents_are() {
    use ImportState as S;
    let queued = Item::new(at(0));
    let staged = claimed(Item::new(at(0)), 0).stage(copy());
    let failed = claimed(Item::new(at(0)), 0).fail(ProblemType::DocumentUnknown, at(1));
    assert_eq!(S::of([&staged, &queued]), S::Running);
    assert_eq!(S::of([&failed, &queued]), S::Running);
    assert_eq!(S::of([&staged, &staged]), S::Complete);
    assert_eq!(S::of([&staged, &failed]), S::PartlyFailed);
    assert_eq!(S::of([&failed]), S::Failed);
}

#[test]
fn an_item_reads_back_as_it_was_written() {
    let mut working = claimed(Item::new(at(0)), 0);
    working.asked(Uuid::new_v4());
    working.reserve(place());
    for item in [
        Item::new(at(0)),
        Item::Fetching(working.clone()),
        working.clone().wait(at(30)),
        working.clone().fail(ProblemType::DocumentDamaged, at(3)),
        working.clone().stage(copy()),
        Item::Fetching(working).cancel().unwrap(),
    ] {
        let json = serde_json::to_value(&item).unwrap();
        assert_eq!(serde_json::from_value::<Item>(json).unwrap(), item);
    }
}

#[test]
fn an_import_has_one_to_fifty_documents_each_once() {
    let selection = |document| Selection {
        folder: Folder::Investigations,
        document_id: DocumentId(document),
        category: None,
    };
    assert_eq!(Selections::new(Vec::new()), Err(NoSelections::Number));
    assert_eq!(Selections::new((1..=51).map(selection).collect()), Err(NoSelections::Number));
    assert!(Selections::new((1..=50).map(selection).collect()).is_ok());
    assert_eq!(Selections::new(vec![selection(1), selection(1)]), Err(NoSelections::Twice(1)));
    let elsewhere = Selection { folder: Folder::ClinicalImages, ..selection(1) };
    assert!(Selections::new(vec![selection(1), elsewhere]).is_ok());
}

#[test]
fn a_category_is_short_and_on_one_line() {
    assert_eq!(Category::parse(" Pathology ").unwrap().as_str(), "Pathology");
    assert!(Category::parse(&"é".repeat(40)).is_ok());
    for wrong in ["", "  ", "a\nb", "a\u{7}b", &"x".repeat(41)] {
        assert!(Category::parse(wrong).is_err(), "{wrong:?} was taken");
    }
}

#[test]
fn an_import_id_makes_a_key_of_its_own() {
    assert!(ImportId::parse("Referral_2031-x").is_ok());
    for wrong in ["", "a#b", "a b", "ä", &"x".repeat(65)] {
        assert!(ImportId::parse(wrong).is_err(), "{wrong:?} was taken");
    }
}

#[test]
fn a_document_is_forsaken_once_its_wake_is_a_minute_late() {
    let working = || claimed(Item::new(at(0)), 0);
    let untouched = Item::new(at(0));
    let postponed = working().postpone(ProblemType::SiteOffline, at(120), at(5), PATIENCE);
    let preparing = working().wait(at(30));
    for (item, expected) in
        [(untouched, 0), (postponed, 120), (preparing, 30), (Item::Fetching(working()), 60)]
    {
        assert!(!item.is_stuck(at(expected + 60)), "{item:?}");
        assert!(item.is_stuck(at(expected + 61)), "{item:?}");
    }
    for over in [
        working().stage(copy()),
        working().fail(ProblemType::DocumentUnknown, at(5)),
        Item::new(at(0)).cancel().unwrap(),
    ] {
        assert!(!over.is_stuck(at(1_000_000)), "{over:?}");
    }
}

#[test]
fn a_wake_that_was_just_sent_is_awaited_and_may_begin_at_once() {
    let postponed =
        claimed(Item::new(at(0)), 0).postpone(ProblemType::SiteOffline, at(120), at(5), PATIENCE);
    let silent = Item::Fetching(claimed(Item::new(at(0)), 0));
    for forsaken in [Item::new(at(0)), postponed, silent] {
        assert_eq!(forsaken.clone().wake_sent(at(100)).is_some(), forsaken.is_stuck(at(100)));
        let awaited = forsaken.wake_sent(at(300)).unwrap();
        assert_eq!(awaited.clone().wake_sent(at(360)), None, "a second wake for {awaited:?}");
        assert!(awaited.clone().wake_sent(at(361)).is_some(), "never again for {awaited:?}");
        claimed(awaited, 300);
    }
}

#[test]
fn a_wake_that_is_still_coming_is_waited_for_although_a_worker_died_before_it() {
    let preparing = claimed(Item::new(at(0)), 0).wait(at(500));
    let died = Item::Fetching(claimed(preparing, 100));
    assert!(!died.is_stuck(at(500)));
    assert!(died.is_stuck(at(561)));
}

fn staged(dated: Option<&str>, extension: &str) -> Item {
    Item::Staged(StagedCopy {
        dated: dated.map(|day| day.parse().unwrap()),
        extension: extension.to_owned(),
        ..copy()
    })
}

fn selection(folder: Folder, number: i64) -> Selection {
    Selection { folder, document_id: DocumentId(number), category: None }
}

#[test]
fn a_copys_name_says_folder_and_day_and_two_of_one_day_are_told_apart() {
    let (letters, results) = (Folder::CorrespondenceIn, Folder::Investigations);
    let items = [
        (selection(letters, 1), staged(Some("2026-03-14"), "pdf")),
        (selection(results, 2), staged(None, "rtf")),
        (selection(letters, 3), staged(Some("2026-03-14"), "rtf")),
        (selection(letters, 4), Item::new(at(0))),
        (selection(Folder::EnhancedPrimaryCare, 5), staged(Some("2026-03-14"), "bin")),
        (selection(results, 6), staged(None, "rtf")),
    ];
    let names = file_names(items.iter().map(|(selection, item)| (selection, item)));
    let shown: Vec<Option<String>> =
        names.iter().map(|name| name.as_ref().map(ToString::to_string)).collect();
    let expected = [
        Some("Correspondence In 2026-03-14.pdf"),
        Some("Investigations undated.rtf"),
        Some("Correspondence In 2026-03-14 (2).rtf"),
        None,
        Some("Enhanced Primary Care 2026-03-14.bin"),
        Some("Investigations undated (2).rtf"),
    ];
    assert_eq!(shown, expected.map(|name| name.map(str::to_owned)));
    // The name of a text rendition is never another copy's.
    let text = names[2].as_ref().unwrap().of_text().to_string();
    assert_eq!(text, "Correspondence In 2026-03-14 (2).txt");
}

#[test]
fn what_the_release_before_stored_is_still_read() {
    let staged = r#"{"state": "staged", "key": "attachments/x", "bytes": 7,
        "contentType": "application/pdf", "extension": "pdf", "sha256": "00",
        "stagedAt": "2026-03-14T00:00:00Z"}"#;
    let Ok(Item::Staged(copy)) = serde_json::from_str(staged) else { panic!("not read") };
    assert_eq!((copy.dated, copy.rendition), (None, None));
    let fetching = r#"{"state": "fetching", "lease": null, "received": 5, "effort": {
        "since": "2026-03-14T00:00:00Z", "spoiled": 1, "obstacle": null, "nextLook": null,
        "query": "00000000-0000-0000-0000-000000000007", "place": null}}"#;
    let Ok(Item::Fetching(fetching)) = serde_json::from_str(fetching) else { panic!("not read") };
    assert_eq!(fetching.effort().about(), &About::default());
    assert!(fetching.effort().query().is_some());
}

#[test]
fn what_bp_said_of_a_document_outlasts_its_worker() {
    let mut working = claimed(Item::new(at(0)), 0);
    let dated = Some("2026-03-14".parse().unwrap());
    let about = About { dated, file_type: Some("pdf".to_owned()) };
    working.described(about.clone());
    let stored = serde_json::to_string(&working.wait(at(5))).unwrap();
    let next = claimed(serde_json::from_str(&stored).unwrap(), 10);
    assert_eq!(next.effort().about(), &about);
}
