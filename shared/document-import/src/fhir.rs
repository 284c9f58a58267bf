//! A document that our statements may not read, or cannot read in this release of Bp: by FHIR,
//! where the site offers it.

use best_practice::{BpError, DocumentPart, FhirDocument, FhirFound};
use bytes::Bytes;
use domain::connection::Connection;
use domain::imports::{About, Fetching, Item};
use domain::problem::ProblemType;
use futures::{TryStreamExt as _, stream};
use jiff::Timestamp;

use crate::job::{Ended, Job, LONGEST_QUESTION};
use crate::obstacle::{Obstacle, Stop, of_fhir};

impl Job<'_> {
    /// Fetches a document whose statement was refused. Where FHIR is no way to it, the refusal
    /// stands.
    pub(crate) async fn fetch_by_fhir(
        &mut self,
        connection: &Connection,
        fetching: &mut Fetching,
        refused: Obstacle,
    ) -> Result<Ended, Stop> {
        self.abandon(fetching).await?;
        // The practice took its time to refuse: the lease is renewed before it is asked again.
        fetching.progress(0, self.importer.lease(self.owner, Timestamp::now()));
        self.save(Item::Fetching(fetching.clone())).await?;
        let (importer, document) = (self.importer, self.document());
        // Not by the session: a practice whose database answers and whose FHIR does not is
        // connected all the same.
        let site = connection.site.halo_guid;
        let deadline = self.deadline.at_most(LONGEST_QUESTION);
        let failed = |error: BpError| Stop::from(of_fhir(&error, refused));
        if !importer.bp.offers_fhir_documents(site, deadline).await.map_err(failed)? {
            return Err(refused.into());
        }
        let found = importer.bp.fhir_document(site, &document, deadline).await.map_err(failed)?;
        // That FHIR does not find it under its number does not mean that Bp has none.
        let Some(FhirFound { about, document }) = found else { return Err(refused.into()) };
        let before = fetching.effort().about().clone();
        fetching.described(About {
            dated: about.dated.or(before.dated),
            file_type: about.file_type.or(before.file_type),
        });
        match document {
            FhirDocument::WithoutBytes => {
                Err(Obstacle::never(ProblemType::DocumentWithoutFile).into())
            }
            // Whether several attachments are pages, or one letter in several types, is not public.
            FhirDocument::InParts => Err(Obstacle::never(ProblemType::DocumentInParts).into()),
            FhirDocument::Inline(bytes) => {
                let announced = u64::try_from(bytes.len()).ok();
                let bytes = stream::iter([Ok(of_one_page(bytes))]);
                Ok(Ended::Copied(self.pour(fetching, bytes, announced).await?))
            }
            FhirDocument::Binary { id, bytes: announced } => {
                let deadline = self.deadline;
                // Opened within the copying, which keeps the lease and notices a cancellation.
                let bytes = stream::once(async move {
                    importer.bp.fhir_document_bytes(site, &id, deadline).await
                })
                .try_flatten()
                .map_ok(of_one_page);
                match self.pour(fetching, bytes, announced).await {
                    Ok(copied) => Ok(Ended::Copied(copied)),
                    // It was there a moment ago.
                    Err(Stop::PagesGone) => {
                        Err(Obstacle::again(ProblemType::DocumentChanged).into())
                    }
                    Err(other) => Err(other),
                }
            }
        }
    }
}

fn of_one_page(bytes: Bytes) -> DocumentPart {
    DocumentPart { page: 1, pages: 1, bytes }
}
