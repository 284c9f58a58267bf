//! `…/referrals/{referralId}` and `…/correspondence/{messageId}`: what is accepted here will be in
//! Bp, once.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::Sha256;
use domain::audit::AuditedAction;
use domain::connection::{Connection, Database};
use domain::content::ContentType;
use domain::delivery::{
    ClientId, Content, Delivery, DeliveryId, DocumentType, Letter, Message, Referral,
    StoredDocument,
};
use domain::ids::{BpUserId, PracticeId};
use domain::schedule::Job;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use store::deliveries::listing;
use store::work::{Accepted, BodyHash, Entry, WorkKey};

use super::request::{MessageRequest, ReferralRequest, Said};
use super::view::DeliveryView;
use super::{CorrespondenceApp, no_answer};
use crate::App;
use crate::caller::{Allowed, Caller, SendMessages, SendReferrals};
use crate::input::{Body, Checker};
use crate::problem::{FieldError, Kind, Problem, ProblemBody};
use crate::routes::patients::EARLIEST_CALENDAR;
use crate::trail::Deed;

/// A referral's path.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReferralPath {
    referral_id: String,
}

/// A message's path.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessagePath {
    message_id: String,
}

type Taken = (StatusCode, Json<DeliveryView>);

/// Sends a referral to the patient's Correspondence Out.
#[utoipa::path(put, path = "/v1/practices/{practiceId}/referrals/{referralId}", tag = "Correspondence",
    params(("practiceId" = String, Path), ("referralId" = String, Path, description = "The caller's own id")),
    request_body = ReferralRequest,
    responses((status = 202, body = DeliveryView), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn send_referral(
    State(app): State<Arc<CorrespondenceApp>>,
    allowed: Allowed<SendReferrals>,
    Path(path): Path<ReferralPath>,
    Body(request): Body<ReferralRequest>,
) -> Result<Taken, Problem> {
    let id = DeliveryId::of_referral(&id("referralId", &path.referral_id)?);
    let fields = request.read(today())?;
    let hash = hash_of(&request);
    if let Some(known) = app.known(&allowed.practice, &id, &hash).await? {
        return Ok(known);
    }
    let (site, sender) = app.sender(&allowed, fields.sender).await?;
    let (chosen, document) = tokio::join!(
        app.chosen(&allowed, &site, &fields),
        app.uploaded(&allowed.practice, &fields.document),
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
    });
    app.accept(&allowed, site, id, letter, hash, AuditedAction::ReferralSent).await
}

/// Sends a message to a clinician's unchecked inbox. For platforms' servers.
#[utoipa::path(put, path = "/v1/practices/{practiceId}/correspondence/{messageId}", tag = "Correspondence",
    params(("practiceId" = String, Path), ("messageId" = String, Path, description = "The caller's own id")),
    request_body = MessageRequest,
    responses((status = 202, body = DeliveryView), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn send_message(
    State(app): State<Arc<CorrespondenceApp>>,
    allowed: Allowed<SendMessages>,
    Path(path): Path<MessagePath>,
    Body(request): Body<MessageRequest>,
) -> Result<Taken, Problem> {
    let id = DeliveryId::of_message(&id("messageId", &path.message_id)?);
    let fields = request.read(today())?;
    let hash = hash_of(&request);
    if let Some(known) = app.known(&allowed.practice, &id, &hash).await? {
        return Ok(known);
    }
    let site = app.open(&allowed.practice).await?;
    let content = match fields.said {
        Said::Document(document) => {
            Content::Document(app.uploaded(&allowed.practice, &document).await?)
        }
        Said::Text(text) => Content::Text(text),
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
    // From the practice's first message on, somebody looks whether the doctors have checked them.
    let first_look = Job::Checked.next(&allowed.practice, App::now());
    app.app.store.schedule_if_absent(&allowed.practice, Job::Checked, first_look).await?;
    app.accept(&allowed, site, id, letter, hash, AuditedAction::MessageSent).await
}

fn id(name: &str, text: &str) -> Result<ClientId, Problem> {
    let mut fields = Checker::default();
    let id = fields.check(name, ClientId::parse(text));
    fields.finish(id)
}

/// The latest day that it can be at a practice.
fn today() -> Date {
    let zone = TimeZone::get(EARLIEST_CALENDAR).unwrap_or(TimeZone::UTC);
    App::now().to_zoned(zone).date()
}

/// By which the same request is known again, whatever its blanks and the order of its fields.
fn hash_of(request: &impl Serialize) -> BodyHash {
    BodyHash(Sha256::of(&serde_json::to_vec(request).unwrap_or_default()).to_string())
}

fn taken(delivery: Delivery) -> Taken {
    (StatusCode::ACCEPTED, Json(delivery.into()))
}

fn in_use() -> Problem {
    Problem::because(Kind::IdInUse, "Something else was sent under this id.")
}

impl CorrespondenceApp {
    /// The answer to a request that was taken before.
    async fn known(
        &self,
        practice: &PracticeId,
        id: &DeliveryId,
        hash: &BodyHash,
    ) -> Result<Option<Taken>, Problem> {
        let key = WorkKey::delivery(id.as_str());
        let Some(entry) = self.app.store.work(practice, &key).await? else { return Ok(None) };
        if entry.hash != *hash {
            return Err(in_use());
        }
        Ok(Some(taken(entry.read::<Delivery>()?.body)))
    }

    /// The site that the practice is connected to: for one that is not, nothing can be promised.
    async fn open(&self, practice: &PracticeId) -> Result<Database, Problem> {
        self.app.open_connection(practice).await.map(|connection| connection.database())
    }

    /// To whose Bp a referral goes, and who refers: the clinician who calls, and nobody else in their
    /// name; or whom a platform's server names.
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
            let (connection, link) = self.app.open_for_clinician(practice, &allowed.caller).await?;
            if named.is_some_and(|named| named != link.user_id) {
                let forbidden = Problem::because(
                    Kind::Forbidden,
                    "A clinician sends in their own name, never in a colleague's.",
                );
                return Err(pointed(forbidden, "this is not the Bp user you are linked to"));
            }
            return Ok((connection.database(), Some(link.user_id)));
        }
        let Some(named) = named else { return Ok((self.open(practice).await?, None)) };
        let record = self.app.store.practice(practice).await?;
        let Some(connection) = record.connection.clone().filter(Connection::is_open) else {
            return Err(Problem::new(Kind::NotConnected));
        };
        if record.links.iter().any(|link| link.clinician.user_id == named) {
            return Ok((connection.database(), Some(named)));
        }
        Err(pointed(
            Problem::because(Kind::InvalidRequest, "One field is wrong."),
            "no clinician of this practice with this id is linked",
        ))
    }

    /// The document, if it was uploaded as announced, by its length, its hash and its beginning. All
    /// of it is read, and held to all of that again, before it is sent.
    async fn uploaded(
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
        let document = self.app.store.document(practice, id).await?.ok_or_else(|| {
            pointed(Kind::DocumentNotFound, "no document was announced under this id")
        })?;
        if !self.outlasts_absence(&document, App::now()) {
            return Err(pointed(
                Kind::DocumentTooOld,
                "this document would be gone before a practice that is offline comes back",
            ));
        }
        let head =
            self.bucket().head(&document.key).await.map_err(no_answer)?.ok_or_else(|| {
                pointed(Kind::DocumentNotUploaded, "the document's bytes have not been uploaded")
            })?;
        let announced = &document.announced;
        let hash_differs = head.sha256.is_some_and(|hash| hash != announced.sha256);
        if head.bytes != announced.bytes || hash_differs {
            return Err(pointed(
                Kind::DocumentMismatch,
                "the uploaded bytes are not the ones that were announced",
            ));
        }
        let beginning = self.bucket().beginning(&document.key, DocumentType::TELLING).await;
        let fits = match beginning.map_err(no_answer)? {
            Some(beginning) => announced.content_type.fits(&beginning),
            None => Err(None),
        };
        if let Err(found) = fits {
            let found = found.map_or("of no type that is known here", ContentType::as_str);
            let announced = announced.content_type.media_type();
            return Err(pointed(
                Kind::DocumentMismatch,
                &format!("the uploaded bytes are {found}, not {announced} as was announced"),
            ));
        }
        Ok(document)
    }

    async fn accept<P>(
        &self,
        allowed: &Allowed<P>,
        site: Database,
        id: DeliveryId,
        letter: Letter,
        hash: BodyHash,
        action: AuditedAction,
    ) -> Result<Taken, Problem> {
        let (practice, now) = (&allowed.practice, App::now());
        let key = WorkKey::delivery(id.as_str());
        let asked_by = allowed.caller.subject().clone();
        let delivery = Delivery::accept(practice, site, id, letter, asked_by, now);
        let patients = delivery.patient().into_iter().collect();
        let sent = Deed::of(action).about(patients).with(delivery.delivery_id.as_str());
        self.app.note(practice, &allowed.caller, sent).await?;
        let entry = Entry::new(key, delivery.clone(), hash, &listing(&delivery), now);
        match self.app.store.accept_work(practice, &entry, now).await? {
            Accepted::New => {
                self.wakes.wake_writer(practice).await;
                Ok(taken(delivery))
            }
            Accepted::Known(known) => Ok(taken(known.read::<Delivery>()?.body)),
            Accepted::Different(_) => Err(in_use()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_same_request_is_known_again_however_it_is_written() {
        let hash = |text: &str| hash_of(&serde_json::from_str::<ReferralRequest>(text).unwrap());
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
        let hash = |text: &str| hash_of(&serde_json::from_str::<MessageRequest>(text).unwrap()).0;
        let old = r#""patient": {"patientId": 1}, "addressee": {"userId": 1}, "kind": "advice", "subject": "s", "text": "t""#;
        let kept = "7b492ac5995b4056718914dc59b739ea985531cd22f8cdb09a5c303b768933c4";
        assert_eq!(hash(&format!("{{{old}}}")), kept);
        assert_eq!(hash(&format!(r#"{{{old}, "fallbackAddressee": null}}"#)), kept);
        assert_ne!(hash(&format!(r#"{{{old}, "fallbackAddressee": {{"userId": 3}}}}"#)), kept);
    }

    #[test]
    fn a_request_that_an_earlier_release_accepted_has_the_hash_that_it_had() {
        let hash = |text: &str| hash_of(&serde_json::from_str::<ReferralRequest>(text).unwrap()).0;
        let old = r#""patientId": 1, "documentId": "d", "subject": "s", "recipientName": "r""#;
        let kept = "000ab459cb8f853c266ee329683c40af6ff6db39820aa22c633dde3a9efeb704";
        assert_eq!(hash(&format!("{{{old}}}")), kept);
        assert_eq!(hash(&format!(r#"{{{old}, "patient": null, "acknowledge": null}}"#)), kept);
        let patient = r#""patient": {"lastName": "Brown", "dateOfBirth": "1984-02-29"}"#;
        for more in [patient, r#""acknowledge": ["deceased"]"#] {
            assert_ne!(hash(&format!("{{{old}, {more}}}")), kept, "{more}");
        }
    }
}
