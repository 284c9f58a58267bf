//! Letters and messages: the commands that write them to Bp and look them up, and the answers.

mod answers;

use std::collections::HashMap;

use base64_simd::STANDARD;
use domain::delivery::{
    Acknowledged, Addressee, Chosen, Content, CorrelationToken, DescribedPatient, DocumentType,
    Message, MessagePatient, NumberedPatient, PatientName, RecipientName, Referral,
    ReferralSummary,
};
use domain::ids::{BpUserId, HaloGuid, PatientId};
use domain::numbers;
use halo::{Command, Deadline, Parameter};
use jiff::civil::Date;

use self::answers::fates;
pub use self::answers::{
    BEING_WRITTEN, Fate, Found, Written, delivery_found, message_written, referral_written,
};
use crate::client::BpClient;
use crate::error::BpError;
use crate::statements::{Statement, StatementPack};

impl StatementPack {
    /// Files a referral in Correspondence Out.
    #[must_use]
    pub fn write_referral(
        &self,
        token: &CorrelationToken,
        referral: &Referral,
        bytes: &[u8],
    ) -> Command {
        let document = Outgoing {
            patient: referral.patient,
            chosen: &referral.chosen,
            acknowledged: &referral.acknowledged,
            sender: referral.sender,
            subject: referral.subject.as_str(),
            recipient: &referral.recipient,
            date: referral.date,
            extension: referral.document.announced.content_type.extension(),
        };
        self.file(token, &document, bytes)
    }

    /// Files the summary that goes with a referral in Correspondence Out. `pdf` are its bytes.
    #[must_use]
    pub fn write_summary(
        &self,
        token: &CorrelationToken,
        summary: &ReferralSummary,
        pdf: &[u8],
    ) -> Command {
        let document = Outgoing {
            patient: summary.patient,
            chosen: &summary.chosen,
            acknowledged: &summary.acknowledged,
            sender: summary.sender,
            subject: ReferralSummary::SUBJECT,
            recipient: &summary.recipient,
            // The day of the facts. Bp's own day is that of the write.
            date: summary.kept.as_ref().and_then(|kept| kept.read_on),
            extension: DocumentType::Pdf.extension(),
        };
        self.file(token, &document, pdf)
    }

    fn file(&self, token: &CorrelationToken, document: &Outgoing<'_>, bytes: &[u8]) -> Command {
        let day = document.date.map_or_else(String::new, |day| day.to_string());
        let chosen = document.chosen.patient();
        let key = chosen.map_or("", |patient| patient.surname.as_str());
        let born = chosen.map_or_else(String::new, |patient| patient.date_of_birth.to_string());
        let accept = |what| i64::from(document.acknowledged.contains(&what));
        let parameters = [
            Parameter::var_char("@token", token.as_str()),
            Parameter::int("@patientId", document.patient.0),
            Parameter::var_char("@surnameKey", key),
            Parameter::var_char("@dateOfBirth", born),
            Parameter::int("@acceptDeceased", accept(Acknowledged::Deceased)),
            Parameter::int("@acceptInactive", accept(Acknowledged::Inactive)),
            Parameter::int("@senderId", document.sender.map_or(0, |sender| sender.0)),
            Parameter::var_char("@subject", document.subject),
            Parameter::var_char("@recipient", document.recipient.as_str()),
            Parameter::var_char("@day", day),
        ];
        let command = self.command(Statement::CorrespondenceOutWrite, parameters);
        with_file(command, document.extension, bytes)
    }

    /// Puts a message into the addressee's unchecked inbox. `bytes` are those of its document or its
    /// text.
    #[must_use]
    pub fn write_message(
        &self,
        token: &CorrelationToken,
        message: &Message,
        bytes: &[u8],
    ) -> Command {
        let text = Parameter::var_char;
        let (known, described, numbered) = match &message.patient {
            MessagePatient::Known(id) => (id.0, None, None),
            MessagePatient::Numbered(numbered) => (numbered.id.0, None, Some(numbered)),
            MessagePatient::Described(described) => (0, Some(described), None),
            // The message is in Bp already. Without a patient the statement touches no record.
            MessagePatient::Erased | MessagePatient::NumberedErased(_) => (0, None, None),
        };
        let of = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let card = described.and_then(|patient| patient.medicare.as_ref());
        let born = described.map(|patient| patient.date_of_birth);
        let born = born.or(numbered.map(|patient| patient.date_of_birth));
        let born = born.map_or_else(String::new, |born| born.to_string());
        let key = described.map(DescribedPatient::surname_key);
        let key = key.or(numbered.map(NumberedPatient::surname_key)).unwrap_or_default();
        let last_name = described.map(|patient| &patient.last_name);
        let last_name = last_name.or(numbered.map(|patient| &patient.last_name));
        let (user, ahpra, provider) = named(Some(&message.addressee));
        let (other_user, other_ahpra, other_provider) = named(message.fallback.as_ref());
        let (said, extension) = match &message.content {
            Content::Document(document) => ("", document.announced.content_type.extension()),
            Content::Text(text) => (text.as_str(), "txt"),
            Content::DeliveredText => ("", "txt"),
        };
        let parameters = [
            text("@token", token.as_str().to_owned()),
            Parameter::int("@patientId", known),
            text("@surnameKey", key),
            text(
                "@firstNameKey",
                described.map_or_else(String::new, |patient| patient.first_name_key()),
            ),
            text("@lastName", of(last_name.map(PatientName::as_str))),
            text(
                "@firstName",
                of(described.and_then(|patient| patient.first_name.as_ref()).map(|it| it.as_str())),
            ),
            text("@dateOfBirth", born),
            text("@medicare", of(card.map(|card| card.number.as_str()))),
            text("@medicareLine", of(card.and_then(|card| card.line.as_deref()))),
            text("@ihi", of(described.and_then(|patient| patient.ihi.as_deref()))),
            Parameter::int("@userId", user),
            text("@ahpra", ahpra),
            text("@provider", provider),
            Parameter::int("@fallbackUserId", other_user),
            text("@fallbackAhpra", other_ahpra),
            text("@fallbackProvider", other_provider),
            text("@heading", format!("{}{}", message.kind.heading(), message.subject.as_str())),
            text("@subject", message.subject.as_str().to_owned()),
            text("@category", message.kind.category().to_owned()),
            text("@senderName", of(message.sender_name.as_ref().map(|name| name.as_str()))),
            text("@text", said.to_owned()),
        ];
        with_file(self.command(Statement::InboxWrite, parameters), extension, bytes)
    }

    /// Looks up whether a letter or message is in Bp.
    #[must_use]
    pub fn delivery_lookup(&self, token: &CorrelationToken) -> Command {
        self.command(Statement::DeliveryLookup, [Parameter::var_char("@token", token.as_str())])
    }

    fn command<const N: usize>(&self, statement: Statement, parameters: [Parameter; N]) -> Command {
        parameters.into_iter().fold(self.bare_command(statement), Command::with)
    }
}

/// The addressee's Bp user, AHPRA number or provider number. The other two, or all three without an
/// addressee, are empty.
fn named(addressee: Option<&Addressee>) -> (i64, String, String) {
    match addressee {
        Some(Addressee::User(user)) => (user.0, String::new(), String::new()),
        Some(Addressee::Ahpra(number)) => (0, number.clone(), String::new()),
        // A number in an unknown form finds nobody.
        Some(Addressee::Provider(number)) => {
            (0, String::new(), numbers::provider(number).unwrap_or_default())
        }
        None => (0, String::new(), String::new()),
    }
}

/// A document for Correspondence Out.
struct Outgoing<'a> {
    patient: PatientId,
    chosen: &'a Chosen,
    acknowledged: &'a [Acknowledged],
    sender: Option<BpUserId>,
    subject: &'a str,
    recipient: &'a RecipientName,
    date: Option<Date>,
    extension: &'static str,
}

/// Halo accepts no binary parameters (its documentation says that it fails to cast text to bytes). So a
/// file is sent as text, and the statement turns it into bytes.
fn with_file(command: Command, extension: &'static str, bytes: &[u8]) -> Command {
    command
        .with(Parameter::var_char("@fileType", extension))
        .with(Parameter::var_char("@content", STANDARD.encode_to_string(bytes)))
        .with(Parameter::int("@length", i64::try_from(bytes.len()).unwrap_or(i64::MAX)))
}

/// A message to ask about. With its keys Bp does not have to search whole tables.
#[derive(Clone, Debug)]
pub struct AskedMessage {
    /// Its correlation token.
    pub token: CorrelationToken,
    /// Its number in the inbox, as the write answered it.
    pub record: Option<i64>,
    /// Whose record it is filed under or was sent to.
    pub patient: Option<PatientId>,
}

impl AskedMessage {
    /// `@keys` of `inbox_checked`: both numbers, ten digits and a blank each.
    fn keys(&self) -> String {
        let known = |number: Option<i64>| {
            number.filter(|number| i32::try_from(*number).is_ok_and(|it| it > 0)).unwrap_or(0)
        };
        let (record, patient) = (known(self.record), known(self.patient.map(|patient| patient.0)));
        format!("{record:010} {patient:010} ")
    }
}

impl BpClient {
    /// What happened to these messages, by their tokens. One query.
    ///
    /// # Errors
    /// Every error that a query can have.
    pub async fn fates_of_messages(
        &self,
        guid: HaloGuid,
        messages: &[AskedMessage],
        deadline: Deadline,
    ) -> Result<HashMap<String, Fate>, BpError> {
        let tokens: Vec<&str> = messages.iter().map(|message| message.token.as_str()).collect();
        let keys: String = messages.iter().map(AskedMessage::keys).collect();
        let parameters =
            [Parameter::var_char("@tokens", tokens.join(" ")), Parameter::var_char("@keys", keys)];
        let rows = self.read(guid, Statement::InboxChecked, parameters, deadline).await?;
        Ok(fates(&tokens, &rows))
    }
}
