//! `…/referrals/{referralId}` and `…/correspondence/{messageId}`: accepts referrals and messages. An accepted
//! one is written to Bp once.

use std::sync::Arc;

use axum::extract::{Path, State};
use domain::audit::AuditedAction;
use domain::connection::{Connection, Database};
use domain::content::ContentType;
use domain::delivery::{
    ClientId, Content, Delivery, DeliveryId, DocumentType, Letter, Message, Referral,
    StoredDocument,
};
use domain::ids::{BpUserId, PracticeId};
use domain::schedule::Job;
use serde::Deserialize;
use store::deliveries::listing;
use store::work::{Accepted as Stored, BodyHash, Entry, WorkKey};

use super::documents::bucket_unavailable;
use super::message_request::{MessageContent, MessageRequest};
use super::referral_request::ReferralRequest;
use super::view::DeliveryView;
use crate::accepted::Accepted;
use crate::app::App;
use crate::audit::AuditEntry;
use crate::caller::{Allowed, Caller, SendMessages, SendReferrals};
use crate::input::{Body, Checker};
use crate::problem::{FieldError, Problem, ProblemType, Problems};
use crate::routes::patients::latest_day;

/// The path of a referral.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReferralPath {
    pub(super) referral_id: String,
}

/// The path of a message.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessagePath {
    message_id: String,
}

/// The answer to an accepted referral or message.
type AcceptedDelivery = Accepted<DeliveryView>;

/// Send a referral to the patient's Correspondence Out in Bp.
#[utoipa::path(put, path = "/v1/practices/{practiceId}/referrals/{referralId}", tag = "Correspondence",
    params(("practiceId" = String, Path), ("referralId" = String, Path, description = "The caller's own id")),
    request_body = ReferralRequest,
    responses((status = 202, body = DeliveryView), Problems))]
pub(crate) async fn send_referral(
    State(app): State<Arc<App>>,
    allowed: Allowed<SendReferrals>,
    Path(path): Path<ReferralPath>,
    Body(request): Body<ReferralRequest>,
) -> Result<AcceptedDelivery, Problem> {
    let id = DeliveryId::of_referral(&id("referralId", &path.referral_id)?);
    let fields = request.read(latest_day())?;
    let hash = BodyHash::of(&request);
    if let Some(known) = app.known_delivery(&allowed.practice, &id, &hash).await? {
        return Ok(known);
    }
    if fields.summary {
        check_summary(&allowed.caller)?;
    }
    let (site, sender) = app.sender(&allowed, fields.sender).await?;
    let (chosen, document) = tokio::join!(
        app.chosen_patient(&allowed, &site, &fields),
        app.uploaded_document(&allowed.practice, &fields.document),
    );
    let (chosen, document) = (chosen?, document?);
    let letter = Letter::Referral(Referral {
        patient: fields.patient,
        document,
        subject: fields.subject,
        recipient: fields.recipient,
        date: fields.date,
        sender,
        chosen,
        acknowledged: fields.acknowledged,
        summary: fields.summary,
    });
    app.accept_delivery(&allowed, site, id, letter, hash, AuditedAction::ReferralSent).await
}

/// Send a message to a clinician's unchecked inbox in Bp.
///
/// For platforms' servers only.
#[utoipa::path(put, path = "/v1/practices/{practiceId}/correspondence/{messageId}", tag = "Correspondence",
    params(("practiceId" = String, Path), ("messageId" = String, Path, description = "The caller's own id")),
    request_body = MessageRequest,
    responses((status = 202, body = DeliveryView), Problems))]
pub(crate) async fn send_message(
    State(app): State<Arc<App>>,
    allowed: Allowed<SendMessages>,
    Path(path): Path<MessagePath>,
    Body(request): Body<MessageRequest>,
) -> Result<AcceptedDelivery, Problem> {
    let id = DeliveryId::of_message(&id("messageId", &path.message_id)?);
    let fields = request.read(latest_day())?;
    let hash = BodyHash::of(&request);
    if let Some(known) = app.known_delivery(&allowed.practice, &id, &hash).await? {
        return Ok(known);
    }
    let site = app.session(&allowed.practice).await?.connection().database();
    let content = match fields.content {
        MessageContent::Document(document) => {
            Content::Document(app.uploaded_document(&allowed.practice, &document).await?)
        }
        MessageContent::Text(text) => Content::Text(text),
    };
    let letter = Letter::Message(Message {
        patient: fields.patient,
        addressee: fields.addressee,
        fallback: fields.fallback,
        sender_name: fields.sender_name,
        kind: fields.kind,
        subject: fields.subject,
        content,
    });
    // From the practice's first message on, a job finds out whether the doctors have checked messages.
    let first_run = Job::Checked.next(&allowed.practice, App::now());
    app.store.schedule_if_absent(&allowed.practice, Job::Checked, first_run).await?;
    app.accept_delivery(&allowed, site, id, letter, hash, AuditedAction::MessageSent).await
}

fn id(name: &str, text: &str) -> Result<ClientId, Problem> {
    let mut fields = Checker::default();
    let id = fields.check(name, ClientId::parse(text));
    fields.finish(id)
}

/// A platform's server reads no records. It receives only what clinicians send.
fn check_summary(caller: &Caller) -> Result<(), Problem> {
    if matches!(caller, Caller::Person { .. }) {
        return Ok(());
    }
    let why = "Only a clinician can send a patient's summary.";
    Err(Problem {
        errors: vec![FieldError {
            pointer: "/summary".to_owned(),
            message: "this needs a clinician's token".to_owned(),
        }],
        ..Problem::because(ProblemType::Forbidden, why)
    })
}

/// The entry of a delivery.
fn entry(delivery: Delivery, hash: &BodyHash) -> Entry<Delivery> {
    let now = delivery.accepted_at;
    let (key, listed) = (WorkKey::delivery(delivery.delivery_id.as_str()), listing(&delivery));
    Entry::new(key, delivery, hash.clone(), &listed, now)
}

fn in_use() -> Problem {
    Problem::because(ProblemType::IdInUse, "Different content was sent under this id.")
}

impl App {
    /// The answer to a request that was accepted before.
    async fn known_delivery(
        &self,
        practice: &PracticeId,
        id: &DeliveryId,
        hash: &BodyHash,
    ) -> Result<Option<AcceptedDelivery>, Problem> {
        let key = WorkKey::delivery(id.as_str());
        let Some(entry) = self.store.work(practice, &key).await? else { return Ok(None) };
        if entry.hash != *hash {
            return Err(in_use());
        }
        Ok(Some(self.accepted(practice, entry.read::<Delivery>()?.body).await?))
    }

    async fn accepted(
        &self,
        practice: &PracticeId,
        delivery: Delivery,
    ) -> Result<AcceptedDelivery, Problem> {
        let location = format!("../deliveries/{}", delivery.delivery_id.as_str());
        Ok(Accepted::at(location, self.delivery_view(practice, delivery).await?))
    }

    /// The Bp that a referral goes to, and who refers. A clinician refers in their own name. A platform's
    /// server may name a linked clinician.
    async fn sender(
        &self,
        allowed: &Allowed<SendReferrals>,
        named: Option<BpUserId>,
    ) -> Result<(Database, Option<BpUserId>), Problem> {
        let practice = &allowed.practice;
        let pointed = |problem: Problem, message: &str| Problem {
            errors: vec![FieldError {
                pointer: "/senderUserId".to_owned(),
                message: message.to_owned(),
            }],
            ..problem
        };
        if matches!(allowed.caller, Caller::Person { .. }) {
            let (connection, link) = self.open_for_clinician(practice, &allowed.caller).await?;
            if named.is_some_and(|named| named != link.user_id) {
                let forbidden = Problem::because(
                    ProblemType::Forbidden,
                    "Clinicians can only send in their own name.",
                );
                return Err(pointed(forbidden, "this is not the Bp user you are linked to"));
            }
            return Ok((connection.database(), Some(link.user_id)));
        }
        let Some(named) = named else {
            let bp = self.session(practice).await?;
            return Ok((bp.connection().database(), None));
        };
        let record = self.store.practice(practice).await?;
        let Some(connection) = record.connection.clone().filter(Connection::is_open) else {
            return Err(Problem::new(ProblemType::NotConnected));
        };
        if record.links.iter().any(|link| link.clinician.user_id == named) {
            return Ok((connection.database(), Some(named)));
        }
        Err(pointed(
            Problem::because(ProblemType::InvalidRequest, "One field is wrong."),
            "no clinician of this practice with this id is linked",
        ))
    }

    /// The document, if it was uploaded as announced. Checks its length, its hash and its first bytes. The
    /// writer reads the whole document and checks it again before it sends it.
    async fn uploaded_document(
        &self,
        practice: &PracticeId,
        id: &ClientId,
    ) -> Result<StoredDocument, Problem> {
        let pointed = |kind, message: &str| Problem {
            errors: vec![FieldError {
                pointer: "/documentId".to_owned(),
                message: message.to_owned(),
            }],
            ..Problem::new(kind)
        };
        let uploads = self.uploads()?;
        let document = self.store.document(practice, id).await?.ok_or_else(|| {
            pointed(ProblemType::DocumentNotFound, "no document was announced under this id")
        })?;
        if !uploads.outlasts_absence(&document, App::now()) {
            return Err(pointed(
                ProblemType::DocumentTooOld,
                "this document would expire before an offline practice is back",
            ));
        }
        let head =
            uploads.bucket.head(&document.key).await.map_err(bucket_unavailable)?.ok_or_else(
                || Problem {
                    detail:
                        "The document was announced, but its bytes are not at the upload link yet."
                            .into(),
                    ..pointed(
                        ProblemType::DocumentNotUploaded,
                        "the document's bytes have not been uploaded",
                    )
                },
            )?;
        let announced = &document.announced;
        let hash_differs = head.sha256.is_some_and(|hash| hash != announced.sha256);
        if head.bytes != announced.bytes || hash_differs {
            return Err(pointed(
                ProblemType::DocumentMismatch,
                "the uploaded bytes are not the ones that were announced",
            ));
        }
        let beginning = uploads.bucket.beginning(&document.key, DocumentType::BYTES_JUDGED).await;
        let fits = match beginning.map_err(bucket_unavailable)? {
            Some(beginning) => announced.content_type.fits(&beginning),
            None => Err(None),
        };
        if let Err(found) = fits {
            let found = found.map_or("of no type that is known here", ContentType::as_str);
            let announced = announced.content_type.media_type();
            return Err(pointed(
                ProblemType::DocumentMismatch,
                &format!("the uploaded bytes are {found}, but {announced} was announced"),
            ));
        }
        Ok(document)
    }

    async fn accept_delivery<P>(
        &self,
        allowed: &Allowed<P>,
        site: Database,
        id: DeliveryId,
        letter: Letter,
        hash: BodyHash,
        action: AuditedAction,
    ) -> Result<AcceptedDelivery, Problem> {
        let (practice, now) = (&allowed.practice, App::now());
        let asked_by = allowed.caller.subject().clone();
        let delivery = Delivery::accept(practice, site, id, letter, asked_by, now);
        let summary = delivery.summary(practice).map(|summary| entry(summary, &hash));
        let patients = delivery.patient().into_iter().collect();
        let line = AuditEntry::of(action).about(patients).with(delivery.delivery_id.as_str());
        self.record(practice, &allowed.caller, line).await?;
        let accepted = entry(delivery.clone(), &hash);
        match self.store.accept_work_with(practice, &accepted, summary, now).await? {
            Stored::New => {
                self.wake_writer(practice).await;
                self.accepted(practice, delivery).await
            }
            Stored::Known(known) => self.accepted(practice, known.read::<Delivery>()?.body).await,
            Stored::Different(_) => Err(in_use()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_same_request_is_known_again_however_it_is_written() {
        let hash =
            |text: &str| BodyHash::of(&serde_json::from_str::<ReferralRequest>(text).unwrap());
        let one = hash(
            r#"{"patientId": 1, "documentId": "d", "subject": "s", "recipientName": "r", "date": null}"#,
        );
        let same = hash(r#"{"subject":"s","recipientName":"r","documentId":"d","patientId":1}"#);
        assert_eq!(one, same);
        let other = json!({
            "patientId": 1, "documentId": "d", "subject": "s", "recipientName": "r", "date": "2026-03-02",
        });
        assert_ne!(one, hash(&other.to_string()));
    }

    #[test]
    fn a_message_without_a_fallback_has_the_hash_that_it_had() {
        let hash =
            |text: &str| BodyHash::of(&serde_json::from_str::<MessageRequest>(text).unwrap()).0;
        let old = r#""patient": {"patientId": 1}, "addressee": {"userId": 1}, "kind": "advice", "subject": "s", "text": "t""#;
        let kept = "7b492ac5995b4056718914dc59b739ea985531cd22f8cdb09a5c303b768933c4";
        assert_eq!(hash(&format!("{{{old}}}")), kept);
        assert_eq!(hash(&format!(r#"{{{old}, "fallbackAddressee": null}}"#)), kept);
        assert_ne!(hash(&format!(r#"{{{old}, "fallbackAddressee": {{"userId": 3}}}}"#)), kept);
        let named =
            old.replacen("1}", r#"1, "lastName": "Brown", "dateOfBirth": "1984-02-29"}"#, 1);
        assert_ne!(hash(&format!("{{{named}}}")), kept);
    }

    #[test]
    fn a_request_that_an_earlier_release_accepted_has_the_hash_that_it_had() {
        let hash =
            |text: &str| BodyHash::of(&serde_json::from_str::<ReferralRequest>(text).unwrap()).0;
        let old = r#""patientId": 1, "documentId": "d", "subject": "s", "recipientName": "r""#;
        let kept = "000ab459cb8f853c266ee329683c40af6ff6db39820aa22c633dde3a9efeb704";
        assert_eq!(hash(&format!("{{{old}}}")), kept);
        assert_eq!(hash(&format!(r#"{{{old}, "patient": null, "acknowledge": null}}"#)), kept);
        let patient = r#""patient": {"lastName": "Brown", "dateOfBirth": "1984-02-29"}"#;
        assert_eq!(hash(&format!(r#"{{{old}, "summary": false}}"#)), kept);
        assert_eq!(hash(&format!(r#"{{{old}, "summary": null}}"#)), kept);
        for more in [patient, r#""acknowledge": ["deceased"]"#, r#""summary": true"#] {
            assert_ne!(hash(&format!("{{{old}, {more}}}")), kept, "{more}");
        }
    }
}
