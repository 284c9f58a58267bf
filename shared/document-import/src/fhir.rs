//! Fetches a document by FHIR, where the site offers it. This is for documents that our statements may
//! not read, or cannot read in the practice's release of Bp.

use best_practice::{BpClient, BpError, DocumentPart, FhirDocument, FhirFound};
use bytes::Bytes;
use domain::ids::HaloGuid;
use domain::imports::About;
use domain::problem::ProblemType;
use futures::{TryStreamExt as _, stream};
use halo::Deadline;

use crate::claimed::{ClaimedDocument, Copied};
use crate::obstacle::{LONGEST_QUESTION, Obstacle, Stop, of_fhir};

/// Fetches a document whose statement was refused. If FHIR does not give it either, the refusal is
/// the answer.
///
/// Asks without the session: a practice is connected if its database answers, even if its FHIR
/// server does not.
pub(crate) async fn fetch(
    bp: &BpClient,
    site: HaloGuid,
    document: &mut ClaimedDocument<'_>,
    deadline: Deadline,
    refused: Obstacle,
) -> Result<Copied, Stop> {
    document.abort_upload().await?;
    // The practice may have taken long to refuse, so the lease is renewed first.
    document.progress(0).await?;
    let question = deadline.at_most(LONGEST_QUESTION);
    let failed = |error: BpError| Stop::from(of_fhir(&error, refused));
    if !bp.offers_fhir_documents(site, question).await.map_err(failed)? {
        return Err(refused.into());
    }
    let key = document.key_in_bp();
    let found = bp.fhir_document(site, &key, question).await.map_err(failed)?;
    // Bp may have a document that FHIR does not find under its number.
    let Some(FhirFound { about, document: content }) = found else { return Err(refused.into()) };
    let before = document.fetching.effort().about().clone();
    document.fetching.described(About {
        dated: about.dated.or(before.dated),
        file_type: about.file_type.or(before.file_type),
    });
    match content {
        FhirDocument::WithoutBytes => Err(Obstacle::never(ProblemType::DocumentWithoutFile).into()),
        // Several attachments may be pages, or one letter in several formats. Bp does not say which.
        FhirDocument::InParts => Err(Obstacle::never(ProblemType::DocumentInParts).into()),
        FhirDocument::Inline(bytes) => {
            let announced = u64::try_from(bytes.len()).ok();
            document.copy_parts(stream::iter([Ok(single_page(bytes))]), announced).await
        }
        FhirDocument::Binary { id, bytes: announced } => {
            // The request begins while the copy is under way, so that the lease is renewed meanwhile
            // and a cancellation is noticed.
            let bytes =
                stream::once(async move { bp.fhir_document_bytes(site, &id, deadline).await })
                    .try_flatten()
                    .map_ok(single_page);
            match document.copy_parts(bytes, announced).await {
                // It was there a moment ago.
                Err(Stop::PagesGone) => Err(Obstacle::again(ProblemType::DocumentChanged).into()),
                ended => ended,
            }
        }
    }
}

fn single_page(bytes: Bytes) -> DocumentPart {
    DocumentPart { page: 1, pages: 1, bytes }
}
