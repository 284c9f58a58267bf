//! Faults on the way: the document arrives unchanged, or an error says what to do.

use best_practice::{BpError, DocumentError, DocumentProgress};
use domain::attachments::Folder;
use halo::Error;
use halo_simulator::Options;
use serde_json::json;

use crate::documents::support::{Bench, Kept, Print, ample};

async fn bench() -> (Bench, Kept) {
    // About twenty pages of the 5 MB care plan.
    let bench = Bench::with(Options { page_bytes: 400_000, ..Options::default() }).await;
    let document = bench.one_of(4_000_000..6_000_000);
    (bench, document)
}

#[tokio::test]
async fn a_page_that_breaks_off_is_fetched_again_and_no_byte_comes_twice() {
    let (bench, document) = bench().await;
    let (query, pages) = bench.requested(&document.key).await;
    assert!(pages.len() > 10, "{} pages are too few for this test", pages.len());
    for effect in ["truncatedBody", "dropAfter", "dropBefore", "429", "500", "malformedBody"] {
        bench.fault("streamPage", effect, Some(2)).await;
        let before = bench.calls("streamPage").await;
        let (bytes, end) = bench.arrives(query, pages.clone()).await;
        assert_eq!(end, Ok(()), "{effect}");
        assert_eq!(Some(Print::of(&bytes)), document.print, "{effect}");
        let fetched = bench.calls("streamPage").await - before;
        assert_eq!(fetched, pages.len() + 2, "{effect}");
    }
}

#[tokio::test]
async fn a_page_that_always_breaks_off_is_an_error_and_never_a_short_document() {
    let (bench, document) = bench().await;
    let (query, pages) = bench.requested(&document.key).await;
    for effect in ["truncatedBody", "malformedBody", "wrongShape"] {
        bench.fault("streamPage", effect, None).await;
        let (_, end) = bench.arrives(query, pages.clone()).await;
        assert!(matches!(end, Err(DocumentError::Bp(_))), "{effect}: {end:?}");
    }
}

#[tokio::test]
async fn pages_that_are_gone_are_to_be_requested_again() {
    let (bench, document) = bench().await;
    let (query, pages) = bench.requested(&document.key).await;
    bench.fault("streamPage", "pageGone", Some(1)).await;
    assert_eq!(bench.arrives(query, pages.clone()).await, (Vec::new(), Err(DocumentError::Lost)));
    bench.calm().await;
    bench.advance(25 * 3_600).await;
    assert_eq!(bench.arrives(query, pages).await.1, Err(DocumentError::Lost));
    let (query, pages) = bench.requested(&document.key).await;
    assert_eq!(bench.arrives(query, pages).await.1, Ok(()));
}

#[tokio::test]
async fn pages_out_of_order_missing_or_twice_are_an_error() {
    let (bench, document) = bench().await;
    let (query, pages) = bench.requested(&document.key).await;
    let last = pages.len() - 1;
    let mut swapped = pages.clone();
    swapped.swap(1, 2);
    let mut twice = pages.clone();
    twice.insert(1, pages[0]);
    for wrong in [swapped, twice, pages[..last].to_vec(), pages[1..].to_vec()] {
        let (bytes, end) = bench.arrives(query, wrong.clone()).await;
        assert!(matches!(end, Err(DocumentError::Bp(BpError::Malformed { .. }))), "{wrong:?}");
        assert!((bytes.len() as u64) < document.bytes());
    }
}

#[tokio::test]
async fn a_site_that_is_offline_or_gives_up_loses_the_request_and_nothing_else() {
    let (bench, document) = bench().await;
    for effect in ["expiredInQueue", "uploadFailed"] {
        bench.fault("asyncQuery", effect, Some(1)).await;
        let query = bench.request(&document.key).await;
        assert_eq!(bench.settled(query).await, DocumentProgress::Lost, "{effect}");
    }
    bench.change(json!({"availability": "offline"})).await;
    let query = bench.request(&document.key).await;
    assert_eq!(bench.settled(query).await, DocumentProgress::Lost);
    let unknown = halo::Uuid::from_u128(7);
    assert_eq!(bench.settled(unknown).await, DocumentProgress::Lost);
}

#[tokio::test]
async fn halo_being_away_while_pages_are_read_is_said_as_it_is() {
    let (bench, document) = bench().await;
    let (query, pages) = bench.requested(&document.key).await;
    bench.fault("streamPage", "503", Some(1)).await;
    let away = DocumentError::Bp(BpError::Halo(Error::SiteOffline));
    assert_eq!(bench.arrives(query, pages.clone()).await.1, Err(away));
    // The pages are still there.
    assert_eq!(bench.arrives(query, pages).await.1, Ok(()));
}

#[tokio::test]
async fn a_documents_database_that_may_not_be_read_is_a_refusal_of_permission() {
    let (bench, document) = bench().await;
    bench.change(json!({"deniedObjects": ["DOCUMENTS"]})).await;
    let refused = bench.bp.document_start(bench.guid, &document.key, 0, ample()).await;
    assert!(matches!(refused, Err(BpError::NotPermitted { .. })), "{refused:?}");
    let query = bench.request(&document.key).await;
    let ended = bench.settled(query).await;
    assert!(matches!(ended, DocumentProgress::Failed(BpError::NotPermitted { .. })), "{ended:?}");
}

#[tokio::test]
async fn a_view_that_this_release_lacks_a_column_of_costs_its_own_folder_only() {
    let bench = Bench::with(Options::default()).await;
    let small = |kept: &Kept| kept.pages == 1 && kept.bytes() < 100_000;
    let documents: Vec<Kept> = bench.kept().into_iter().filter(small).collect();
    for (view, folder) in [
        ("BPS_Investigations", Folder::Investigations),
        ("BPS_CorrespondenceIn", Folder::CorrespondenceIn),
        ("BPS_CorrespondenceOut", Folder::CorrespondenceOut),
        ("BPS_EPCReports", Folder::EnhancedPrimaryCare),
        ("BPS_ClinicalImages", Folder::ClinicalImages),
    ] {
        bench.change(json!({ "missingColumns": [format!("{view}.Stored")] })).await;
        for of in [
            Folder::Investigations,
            Folder::CorrespondenceIn,
            Folder::CorrespondenceOut,
            Folder::EnhancedPrimaryCare,
            Folder::ClinicalImages,
        ] {
            let Some(document) = documents.iter().find(|kept| kept.key.folder == of) else {
                continue;
            };
            let asked = bench.bp.document_start(bench.guid, &document.key, 100_000, ample()).await;
            assert_eq!(asked.is_err(), of == folder, "{view}, {of:?}: {asked:?}");
            let query = bench.request(&document.key).await;
            let progress = bench.settled(query).await;
            let ready = matches!(progress, DocumentProgress::Ready { .. });
            assert_eq!(ready, of != folder, "{view}, {of:?}: {progress:?}");
        }
    }
}
