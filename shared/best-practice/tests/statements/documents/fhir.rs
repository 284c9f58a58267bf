//! The same documents by FHIR, if a site offers them.

use best_practice::{BpError, DocumentError, DocumentKey, FhirDocument};
use domain::ids::{DocumentId, PatientId};
use futures::StreamExt as _;
use halo_simulator::Options;
use serde_json::json;

use crate::documents::support::{Bench, PATIENT, Print, ample};

async fn offering() -> Bench {
    let bench = Bench::with(Options::default()).await;
    bench.change(json!({"fhirDocuments": true})).await;
    bench
}

async fn arrives(bench: &Bench, id: &str) -> (Vec<u8>, Result<(), DocumentError>) {
    let mut stream = match bench.bp.fhir_document_bytes(bench.guid, id, ample()).await {
        Ok(stream) => Box::pin(stream),
        Err(error) => return (Vec::new(), Err(error)),
    };
    let mut bytes = Vec::new();
    while let Some(part) = stream.next().await {
        match part {
            Ok(part) => bytes.extend_from_slice(&part),
            Err(error) => return (bytes, Err(error)),
        }
    }
    (bytes, Ok(()))
}

#[tokio::test]
async fn a_site_says_whether_it_offers_documents() {
    let bench = Bench::with(Options::default()).await;
    assert_eq!(bench.bp.offers_fhir_documents(bench.guid, ample()).await, Ok(false));
    bench.change(json!({"fhirDocuments": true})).await;
    assert_eq!(bench.bp.offers_fhir_documents(bench.guid, ample()).await, Ok(true));
}

#[tokio::test]
async fn every_document_is_the_same_by_fhir() {
    let bench = offering().await;
    let mut read = 0;
    for kept in bench.kept() {
        let found = bench.bp.fhir_document(bench.guid, &kept.key, ample()).await.unwrap();
        match (kept.pages, found.expect("it is there").document) {
            (0, FhirDocument::WithoutBytes) | (2.., FhirDocument::InParts) => {}
            (1, FhirDocument::Binary { id, bytes }) => {
                assert_eq!(bytes, Some(kept.bytes()));
                let (bytes, end) = arrives(&bench, &id).await;
                assert_eq!(end, Ok(()), "{kept:?}");
                assert_eq!(Some(Print::of(&bytes)), kept.print, "{kept:?}");
                read += 1;
            }
            (_, found) => panic!("{kept:?} is {found:?}"),
        }
    }
    assert!(read > 15, "only {read} were read");
}

#[tokio::test]
async fn nobody_elses_document_is_found_and_a_cut_one_is_an_error() {
    let bench = offering().await;
    let kept = bench.one_of(900_000..2_000_000);
    for key in [
        DocumentKey { patient: PatientId(PATIENT.0 + 2), ..kept.key },
        DocumentKey { document: DocumentId(1_999_999_999), ..kept.key },
    ] {
        assert_eq!(bench.bp.fhir_document(bench.guid, &key, ample()).await, Ok(None), "{key:?}");
    }
    assert_eq!(arrives(&bench, "correspondence-in-1999999999-1").await.1, Err(DocumentError::Lost));
    let found = bench.bp.fhir_document(bench.guid, &kept.key, ample()).await.unwrap();
    let Some(FhirDocument::Binary { id, .. }) = found.map(|found| found.document) else {
        panic!("not a binary")
    };
    bench.fault("fhirRead", "truncatedBody", Some(1)).await;
    let (_, end) = arrives(&bench, &id).await;
    assert!(
        matches!(end, Err(DocumentError::Bp(BpError::Halo(_) | BpError::Malformed { .. }))),
        "{end:?}"
    );
}
