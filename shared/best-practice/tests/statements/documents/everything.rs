//! Every document arrives unchanged.

use std::collections::BTreeSet;

use best_practice::{DocumentError, DocumentKey, DocumentStart};
use domain::attachments::Folder;
use domain::ids::{DocumentId, PatientId};
use halo_simulator::Options;
use halo_simulator::cloud::StreamForm;
use serde_json::json;

use crate::documents::support::{Bench, PATIENT, Print};

/// Larger documents are requested asynchronously.
const LIMIT: u32 = 2_000_000;

#[tokio::test]
async fn every_document_of_every_folder_and_type_arrives_byte_for_byte() {
    let bench = Bench::with(Options::default()).await;
    let kept = bench.kept();
    let mut types = BTreeSet::new();
    let mut folders = BTreeSet::new();
    let mut large = 0;
    for document in &kept {
        let start = bench.start(&document.key, LIMIT).await.expect("it is there");
        let arrived = match (document.pages, start) {
            (0, DocumentStart::WithoutBytes) => continue,
            (2.., DocumentStart::Pages(pages)) => {
                let pages: Vec<Print> = pages.iter().map(|page| Print::of(page)).collect();
                assert_eq!(pages, document.each, "{document:?}");
                continue;
            }
            (1, DocumentStart::Inline(bytes)) => {
                assert!(bytes.len() <= LIMIT as usize);
                Print::of(&bytes)
            }
            (1, DocumentStart::Large { bytes }) => {
                assert!(bytes > u64::from(LIMIT));
                assert_eq!(bytes, document.bytes());
                large += 1;
                let (query, pages) = bench.requested(&document.key).await;
                let (bytes, end) = bench.arrives(query, pages).await;
                assert_eq!(end, Ok(()), "{document:?}");
                Print::of(&bytes)
            }
            (_, start) => panic!("{document:?} begins as {start:?}"),
        };
        assert_eq!(Some(&arrived), document.print.as_ref(), "{document:?}");
        types.insert(document.file_type.clone());
        folders.insert(document.key.folder);
    }
    assert_eq!(folders.len(), 5, "{folders:?}");
    for kind in ["pdf", "jpg", "png", "tif", "rtf", "html", "text"] {
        assert!(types.contains(kind), "no document is {kind}");
    }
    assert!(kept.iter().any(|document| document.bytes() >= 60 << 20), "none is of 60 MB");
    assert!(kept.iter().any(|document| document.pages > 1), "none is in parts");
    assert!(kept.iter().any(|document| document.pages == 0), "none is without bytes");
    assert!(large >= 3, "only {large} were large");
}

#[tokio::test]
async fn a_scan_of_several_pages_arrives_page_by_page_whatever_its_size() {
    let bench = Bench::with(Options { page_bytes: 300_000, ..Options::default() }).await;
    let scan = bench.kept().into_iter().find(|kept| kept.pages > 1).unwrap();
    let number = scan.key.document.0;
    // The second page alone has several parts.
    let longer = "UPDATE kept.DOCUMENTS SET CONTENT = randomblob(700000)
        WHERE KIND = 'CORRESPONDENCEIN' AND RECORDID = ?1 AND PAGENUMBER = 2";
    assert_eq!(bench.database().execute(longer, [number]).unwrap(), 1);
    let scan = bench.kept().into_iter().find(|kept| kept.key == scan.key).unwrap();
    let start = bench.start(&scan.key, 10_000).await;
    assert!(matches!(start, Some(DocumentStart::Large { bytes }) if bytes > 700_000), "{start:?}");
    let (query, pages) = bench.requested(&scan.key).await;
    for effect in [None, Some("truncatedBody")] {
        if let Some(effect) = effect {
            bench.fault("streamPage", effect, Some(2)).await;
        }
        let (parts, end) = bench.parts(query, pages.clone()).await;
        assert_eq!(end, Ok(()), "{effect:?}");
        let mut arrived = vec![Vec::new(); scan.pages];
        for part in &parts {
            assert_eq!(part.pages as usize, scan.pages);
            arrived[part.page as usize - 1].extend_from_slice(&part.bytes);
        }
        let arrived: Vec<Print> = arrived.iter().map(|page| Print::of(page)).collect();
        assert_eq!(arrived, scan.each, "{effect:?}");
        assert!(parts.len() > scan.pages + 1, "no page came in several parts");
    }
    let mut fewer = pages.clone();
    fewer.pop();
    assert!(bench.parts(query, fewer).await.1.is_err(), "the last page is missing");

    let empty = "UPDATE kept.DOCUMENTS SET CONTENT = x''
        WHERE KIND = 'CORRESPONDENCEIN' AND RECORDID = ?1 AND PAGENUMBER = 1";
    bench.database().execute(empty, [number]).unwrap();
    assert_eq!(bench.start(&scan.key, LIMIT).await, Some(DocumentStart::InParts));
}

#[tokio::test]
async fn the_query_that_fetches_a_document_tells_its_date_and_its_files_ending() {
    let bench = Bench::with(Options::default()).await;
    let database = bench.database();
    let mut dated = 0;
    for kept in bench.kept() {
        let about = bench.found(&kept.key, LIMIT).await.unwrap().about;
        if kept.pages > 0 && about.file_type.is_some() {
            assert_eq!(about.file_type.as_deref(), Some(kept.file_type.trim()), "{kept:?}");
        }
        let day = match kept.key.folder {
            Folder::CorrespondenceIn | Folder::ClinicalImages => {
                "SELECT substr(CORRESPONDENCEDATE, 1, 10) FROM CORRESPONDENCEIN WHERE DOCUMENTID = ?1"
            }
            _ => continue,
        };
        let day: Option<String> =
            database.query_row(day, [kept.key.document.0], |row| row.get(0)).unwrap();
        assert_eq!(about.dated.map(|day| day.to_string()), day, "{kept:?}");
        dated += usize::from(about.dated.is_some());
    }
    assert!(dated > 3, "only {dated} had a date");
}

#[tokio::test]
async fn a_small_document_costs_one_query_and_the_limit_itself_is_still_small() {
    let bench = Bench::with(Options::default()).await;
    let document = bench.one_of(1_000..20_000);
    let length = u32::try_from(document.bytes()).unwrap();
    let before = bench.calls("immediateQuery").await;
    let start = bench.start(&document.key, length).await;
    assert!(matches!(start, Some(DocumentStart::Inline(_))), "{start:?}");
    assert_eq!(bench.calls("immediateQuery").await, before + 1);
    let start = bench.start(&document.key, length - 1).await;
    assert_eq!(start, Some(DocumentStart::Large { bytes: document.bytes() }));
}

#[tokio::test]
async fn a_document_that_a_lower_limit_of_halo_refuses_is_large() {
    let options = Options { immediate_result_bytes: 4_000, ..Options::default() };
    let bench = Bench::with(options).await;
    let document = bench.one_of(9_000..20_000);
    let start = bench.start(&document.key, LIMIT).await;
    assert_eq!(start, Some(DocumentStart::Large { bytes: document.bytes() }));
}

#[tokio::test]
async fn nobody_reads_a_document_under_another_patient_or_in_another_folder() {
    let bench = Bench::with(Options::default()).await;
    let document = bench.one_of(50_000..2_000_000).key;
    let foreign = [
        DocumentKey { patient: PatientId(PATIENT.0 + 2), ..document },
        DocumentKey { document: DocumentId(1_999_999_999), ..document },
        DocumentKey {
            folder: match document.folder {
                Folder::CorrespondenceIn => Folder::ClinicalImages,
                _ => Folder::CorrespondenceIn,
            },
            ..document
        },
    ];
    for key in foreign {
        assert_eq!(bench.start(&key, LIMIT).await, None, "{key:?}");
        let (query, pages) = bench.requested(&key).await;
        let nothing = (Vec::new(), Err(DocumentError::Changed));
        assert_eq!(bench.arrives(query, pages).await, nothing, "{key:?}");
    }
}

#[tokio::test]
async fn what_the_practice_deletes_or_the_store_loses_is_no_longer_read() {
    let bench = Bench::with(Options::default()).await;
    let document = bench
        .kept()
        .into_iter()
        .find(|kept| kept.key.folder == Folder::CorrespondenceOut && kept.pages == 1)
        .unwrap();
    let number = document.key.document.0;
    let lose = "DELETE FROM kept.DOCUMENTS WHERE KIND = 'CORRESPONDENCEOUT' AND RECORDID = ?1";
    bench.database().execute(lose, [number]).unwrap();
    assert_eq!(bench.start(&document.key, LIMIT).await, Some(DocumentStart::WithoutBytes));
    let (query, pages) = bench.requested(&document.key).await;
    assert_eq!(bench.arrives(query, pages).await, (Vec::new(), Err(DocumentError::Changed)));
    let delete = "UPDATE CORRESPONDENCEOUT SET RECORDSTATUS = 2 WHERE RECORDID = ?1";
    bench.database().execute(delete, [number]).unwrap();
    assert_eq!(bench.start(&document.key, LIMIT).await, None);
}

#[tokio::test]
async fn the_bytes_are_the_same_however_halo_lays_out_rows_and_pages() {
    for (stream_form, page_bytes) in [
        (StreamForm::Rows, 1_000_000),
        (StreamForm::Envelope, 300_000),
        (StreamForm::Envelope, 64 << 20),
    ] {
        let bench = Bench::with(Options { stream_form, page_bytes, ..Options::default() }).await;
        let document = bench.one_of(900_000..30_000_000);
        for shape in ["objects", "columnsAndRows", "singleObject"] {
            bench.change(json!({ "rowEncoding": shape })).await;
            let (query, pages) = bench.requested(&document.key).await;
            let (bytes, end) = bench.arrives(query, pages).await;
            assert_eq!(end, Ok(()), "{shape}");
            assert_eq!(Some(Print::of(&bytes)), document.print, "{shape}");
        }
    }
}
