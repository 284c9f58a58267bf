//! Letters and messages: the commands that write them to Bp and look them up, and the answers.

use std::collections::{HashMap, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::delivery::{
    Acknowledged, AddressedTo, Addressee, Check, Chosen, Content, CorrelationToken, DocumentType,
    Message, MessagePatient, RecipientName, Referral, ReferralSummary, WhyFallback,
};
use domain::ids::{BpUserId, HaloGuid, PatientId};
use domain::numbers;
use halo::{Command, Deadline, Parameter, Row};
use jiff::civil::Date;

use crate::client::BpClient;
use crate::error::{BpError, malformed};
use crate::rows::Unmappable;
use crate::statements::{Statement, StatementPack};

/// The error number of our write statements while another attempt writes the same letter (`THROW` in `correspondence_out_write.sql` and `inbox_write.sql`).
pub const BEING_WRITTEN: i64 = 50_002;

/// How a write ended. Only [`Written::There`] means that Bp has the letter or message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Written {
    /// Bp has it, written now or before.
    There(Found),
    /// Bp has no such patient.
    NoPatient,
    /// The number belongs to another patient than the one who was chosen.
    PatientChanged,
    /// The patient has died, and the sender did not acknowledge it.
    PatientDeceased,
    /// They are no longer a patient, and the sender did not acknowledge it.
    PatientInactive,
    /// No active user of Bp is the addressee.
    NoAddressee,
    /// Several active users are.
    ManyAddressees,
}

/// A letter or message in Bp.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Found {
    /// Bp's number of it, where it is now.
    pub record: i64,
    /// Whether it is filed under a patient.
    pub allocated: bool,
    /// The user whose inbox holds a message. A replaced statement may not return it.
    pub addressed: Option<AddressedTo>,
}

/// What happened to a message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Fate {
    /// A doctor has checked it.
    Checked {
        /// Bp's number of it: in Correspondence In if it is there, else in the inbox.
        record: i64,
        /// What the doctor decided.
        check: Check,
        /// Whose record it is filed under. A replaced statement may not return it.
        patient: Option<PatientId>,
    },
    /// It waits in this user's inbox.
    Unchecked {
        owner: BpUserId,
        /// Whose record it is filed under, if it is filed.
        patient: Option<PatientId>,
    },
    /// It is neither in an inbox nor in Correspondence In.
    Missing,
}

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
        let (known, described) = match &message.patient {
            MessagePatient::Known(id) => (id.0, None),
            MessagePatient::Described(described) => (0, Some(described)),
            // The message is in Bp already. Without a patient the statement touches no record.
            MessagePatient::Erased => (0, None),
        };
        let of = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let card = described.and_then(|patient| patient.medicare.as_ref());
        let born = described.map_or_else(String::new, |patient| patient.date_of_birth.to_string());
        let key = described.map_or_else(String::new, |patient| patient.surname_key());
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
            text("@lastName", of(described.map(|patient| patient.last_name.as_str()))),
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
        .with(Parameter::var_char("@content", STANDARD.encode(bytes)))
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

/// Reads the answer to [`StatementPack::write_referral`] or [`StatementPack::write_summary`].
///
/// # Errors
/// When the rows differ from what the statement's header promises.
pub fn referral_written(rows: &[Row]) -> Result<Written, BpError> {
    let found = |row: &Row| Ok(Found { record: record_id(row)?, allocated: true, addressed: None });
    malformed(Statement::CorrespondenceOutWrite, written(rows, found))
}

/// Reads the answer to [`StatementPack::write_message`].
///
/// # Errors
/// When the rows differ from what the statement's header promises.
pub fn message_written(rows: &[Row]) -> Result<Written, BpError> {
    malformed(Statement::InboxWrite, written(rows, found))
}

/// Reads the answer to [`StatementPack::delivery_lookup`]: the last place that a message has reached.
///
/// # Errors
/// When the rows differ from what the statement's header promises.
pub fn delivery_found(rows: &[Row]) -> Result<Option<Found>, BpError> {
    malformed(Statement::DeliveryLookup, last_place(rows))
}

/// The last place that can be read, with the addressee from the inbox if that place does not name one.
///
/// Each row says that it is in Bp. If no row can be read, it is not known where, and it never counts as absent.
fn last_place(rows: &[Row]) -> Result<Option<Found>, Unmappable> {
    let place = |row: &Row| -> Result<Found, Unmappable> {
        let (record, allocated) = (record_id(row)?, row.int("Allocated")? > 0);
        Ok(Found { record, allocated, addressed: addressed(row).unwrap_or_default() })
    };
    let places: Vec<_> = rows.iter().map(place).collect();
    let addressed = places.iter().flatten().find_map(|place| place.addressed);
    match places.iter().flatten().next_back() {
        Some(last) => Ok(Some(Found { addressed, ..*last })),
        None => places.into_iter().next_back().transpose(),
    }
}

fn found(row: &Row) -> Result<Found, Unmappable> {
    let (record, allocated) = (record_id(row)?, row.int("Allocated")? > 0);
    Ok(Found { record, allocated, addressed: addressed(row)? })
}

fn addressed(row: &Row) -> Result<Option<AddressedTo>, Unmappable> {
    if row.value("UserId").is_err() {
        return Ok(None);
    }
    let Ok(user_id) = BpUserId::parse(row.int("UserId")?) else { return Ok(None) };
    let why = |word: String| WhyFallback::from_bp(&word).ok_or(Unmappable::OutOfRange("Fallback"));
    let fallback = row.text("Fallback")?.map(why).transpose()?;
    Ok(Some(AddressedTo { user_id, fallback }))
}

fn written(
    rows: &[Row],
    found: impl Fn(&Row) -> Result<Found, Unmappable>,
) -> Result<Written, Unmappable> {
    let [row] = rows else { return Err(Unmappable::OutOfRange("Outcome")) };
    Ok(match row.text("Outcome")?.as_deref() {
        Some("written" | "found") => Written::There(found(row)?),
        Some("noPatient") => Written::NoPatient,
        Some("patientChanged") => Written::PatientChanged,
        Some("patientDeceased") => Written::PatientDeceased,
        Some("patientInactive") => Written::PatientInactive,
        Some("noAddressee") => Written::NoAddressee,
        Some("manyAddressees") => Written::ManyAddressees,
        _ => return Err(Unmappable::OutOfRange("Outcome")),
    })
}

fn record_id(row: &Row) -> Result<i64, Unmappable> {
    let record = row.int("RecordId")?;
    if record > 0 { Ok(record) } else { Err(Unmappable::OutOfRange("RecordId")) }
}

/// The rows of one message are in the order of its places. Its last checked row decides; without one, its
/// last unchecked row. A message with a row that cannot be read has no fate, unless another row says that it
/// was checked: it is asked about again.
fn fates(asked: &[&str], rows: &[Row]) -> HashMap<String, Fate> {
    let mut found = HashMap::new();
    let (mut is_complete, mut whose_is_known) = (false, true);
    let mut unknown = HashSet::new();
    for row in rows {
        let token = match row.text("Token") {
            Ok(token) => token.unwrap_or_default(),
            Err(problem) => {
                tracing::warn!(%problem, "a row does not say which message it is about");
                whose_is_known = false;
                continue;
            }
        };
        if token.is_empty() {
            is_complete = true;
            continue;
        }
        match fate(row) {
            Ok(Some(Fate::Unchecked { .. })) if !is_complete => {}
            Ok(Some(fate)) => {
                let known = found.get(&token);
                if !(matches!(known, Some(Fate::Checked { .. }))
                    && matches!(fate, Fate::Unchecked { .. }))
                {
                    found.insert(token, fate);
                }
            }
            Ok(None) => {}
            Err(problem) => {
                tracing::warn!(%problem, "what happened to a message cannot be read");
                unknown.insert(token);
            }
        }
    }
    found.retain(|token, fate| matches!(fate, Fate::Checked { .. }) || !unknown.contains(token));
    // A replaced statement may list the checked messages only.
    if is_complete && whose_is_known {
        for token in asked.iter().filter(|token| !unknown.contains(**token)) {
            found.entry((*token).to_owned()).or_insert(Fate::Missing);
        }
    }
    found
}

/// What one row says. `None` if the message was deleted there.
fn fate(row: &Row) -> Result<Option<Fate>, Unmappable> {
    // It only spares Bp a search, so nothing is lost if it cannot be read.
    let patient = row.int("PatientId").ok().and_then(|patient| PatientId::parse(patient).ok());
    let checked_by = row.int("CheckedBy")?;
    if checked_by > 0 {
        let by = BpUserId::parse(checked_by).map_err(|_| Unmappable::OutOfRange("CheckedBy"))?;
        let (on, notation) = (row.date("CheckedOn")?, row.int("Notation")?);
        let check = Check::of(by, on, notation, row.int("Action")?);
        return Ok(Some(Fate::Checked { record: record_id(row)?, check, patient }));
    }
    if row.int("Live")? == 0 {
        return Ok(None);
    }
    let owner =
        BpUserId::parse(row.int("UserId")?).map_err(|_| Unmappable::OutOfRange("UserId"))?;
    Ok(Some(Fate::Unchecked { owner, patient }))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::rows::rows_of;

    fn line(token: &str, place: i64, checked_by: i64) -> Value {
        json!({ "Token": token, "Place": place, "RecordId": 7, "PatientId": 4, "UserId": 3, "Live": 1,
            "CheckedBy": checked_by, "CheckedOn": "2026-05-06", "Notation": 2, "Action": 7 })
    }

    fn odd(column: &str, value: Value, checked_by: i64) -> Value {
        let mut odd = line("A", 2, checked_by);
        odd[column] = value;
        odd
    }

    fn read(lines: Vec<Value>) -> HashMap<String, Fate> {
        let mut all = vec![line("", 0, 0)];
        all.extend(lines);
        fates(&["A", "B", "C"], &rows_of(Value::Array(all)))
    }

    #[test]
    fn a_message_whose_row_cannot_be_read_has_no_fate_and_the_others_have_theirs() {
        let unchecked = Fate::Unchecked { owner: BpUserId(3), patient: Some(PatientId(4)) };
        for odd in [
            odd("CheckedBy", json!(null), 0),
            odd("CheckedBy", json!("x"), 0),
            odd("CheckedBy", json!(2_147_483_648_i64), 0),
            odd("Live", json!(null), 0),
            odd("UserId", json!(0), 0),
            odd("UserId", json!({}), 0),
            odd("RecordId", json!(null), 3),
            odd("CheckedOn", json!("2026-02-30"), 3),
            odd("Notation", json!("x"), 3),
            odd("Action", json!(null), 3),
        ] {
            let found = read(vec![odd.clone(), line("B", 2, 0)]);
            assert_eq!(found.get("A"), None, "{odd}");
            assert_eq!(found.get("B"), Some(&unchecked), "{odd}");
            assert_eq!(found.get("C"), Some(&Fate::Missing), "{odd}");
            // Another row says that it was checked.
            let found = read(vec![odd.clone(), line("A", 3, 3)]);
            assert!(matches!(found.get("A"), Some(Fate::Checked { .. })), "{odd}");
            let found = read(vec![line("A", 2, 0), odd.clone()]);
            assert_eq!(found.get("A"), None, "{odd}");
        }
    }

    #[test]
    fn while_it_is_not_known_whose_row_it_is_no_message_counts_as_missing() {
        let found = read(vec![odd("Token", json!({}), 0), line("B", 2, 0)]);
        assert_eq!(found.len(), 1);
        assert!(found.contains_key("B"));
    }

    #[test]
    fn a_patient_that_cannot_be_read_costs_nothing_else() {
        for bad in [json!(null), json!(0), json!("x"), json!({})] {
            let found = read(vec![odd("PatientId", bad, 0)]);
            assert_eq!(found["A"], Fate::Unchecked { owner: BpUserId(3), patient: None });
        }
    }

    #[test]
    fn a_delivery_in_a_place_that_cannot_be_read_is_never_absent() {
        let place = |record: Value| json!({ "Place": 2, "RecordId": record, "Allocated": 1, "UserId": 3, "Fallback": "" });
        for bad in [json!(null), json!(0), json!("x"), json!({})] {
            assert!(delivery_found(&rows_of(json!([place(bad.clone())]))).is_err(), "{bad}");
            let found = delivery_found(&rows_of(json!([place(json!(7)), place(bad.clone())])));
            assert_eq!(found.unwrap().unwrap().record, 7, "{bad}");
        }
        assert_eq!(delivery_found(&[]), Ok(None));
        for (column, bad) in [("UserId", json!(null)), ("Fallback", json!("because"))] {
            let mut odd = place(json!(7));
            odd[column] = bad;
            let found = delivery_found(&rows_of(json!([odd]))).unwrap().unwrap();
            assert_eq!((found.record, found.addressed), (7, None), "{column}");
        }
    }
}
