//! A message as a platform sends it. Each field is checked separately, so that a form can mark all
//! errors at once.

use domain::delivery::{
    Addressee, ClientId, DescribedPatient, MedicareCard, MessageKind, MessagePatient,
    MessageSubject, MessageText, NumberedPatient, PatientName, SenderName,
};
use domain::ids::PatientId;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::addressee_request::AddresseeRequest;
use crate::input::Checker;
use crate::problem::Problem;

/// A message for a clinician's unchecked inbox in Bp.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MessageRequest {
    patient: PatientRequest,
    addressee: AddresseeRequest,
    #[schema(value_type = MessageKind)]
    kind: String,
    /// One line of Windows-1252 text.
    #[schema(max_length = 60)]
    subject: String,
    /// The name of the sender, as Bp shows it.
    #[schema(max_length = 60)]
    #[serde(default)]
    sender_name: Option<String>,
    /// The id of an uploaded document. Send either this or `text`.
    #[schema(pattern = "^[A-Za-z0-9._-]{1,64}$")]
    #[serde(default)]
    document_id: Option<String>,
    /// A short text in Windows-1252. Send either this or `documentId`.
    #[schema(max_length = 20_000)]
    #[serde(default)]
    text: Option<String>,
    // Newer than the fields above. If absent, it is left out of the request's hash, so that a request of an
    // older client still has the same hash.
    /// Who gets the message if the addressee is not exactly one active Bp user, or is away that day as far
    /// as Bp lets us read it. The delivery shows who got the message (`addressedTo`), and its history shows
    /// why. If the fallback addressee is away too, or is not exactly one active Bp user, an addressee who is
    /// only away gets the message. The message is sent to one user only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fallback_addressee: Option<AddresseeRequest>,
}

/// The patient's number in Bp, or a description of the patient.
///
/// With a number, send the last name and the date of birth as well. If Bp has nobody or somebody else under the
/// number, the practice allocates the message by hand (`allocated: false`). With the number alone, nothing is
/// compared, and the message is filed under the patient who has the number.
///
/// A described message is filed under a patient only if exactly one patient matches everything that is given.
/// Otherwise the practice allocates it by hand. A first name or an IHI is needed for a match, because twins share
/// everything else.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PatientRequest {
    #[serde(default)]
    patient_id: Option<i64>,
    #[schema(max_length = 40)]
    #[serde(default)]
    last_name: Option<String>,
    #[schema(max_length = 40)]
    #[serde(default)]
    first_name: Option<String>,
    #[schema(value_type = Option<String>, format = Date)]
    #[serde(default)]
    date_of_birth: Option<String>,
    #[serde(default)]
    medicare: Option<MedicareRequest>,
    /// The patient's IHI, 16 digits.
    #[schema(pattern = "^[ 0-9]+$", example = "8003600000000000")]
    #[serde(default)]
    ihi: Option<String>,
}

/// A Medicare card.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MedicareRequest {
    /// The card number, 10 digits.
    number: String,
    /// The number of the line on the card, 1 to 9.
    #[serde(default)]
    line: Option<String>,
}

/// The content of a message, before its document is read.
pub(super) enum MessageContent {
    Document(ClientId),
    Text(MessageText),
}

/// A message's fields.
pub(super) struct MessageFields {
    pub(super) patient: MessagePatient,
    pub(super) addressee: Addressee,
    pub(super) fallback: Option<Addressee>,
    pub(super) kind: MessageKind,
    pub(super) subject: MessageSubject,
    pub(super) sender_name: Option<SenderName>,
    pub(super) content: MessageContent,
}

impl MessageRequest {
    pub(super) fn read(&self, today: Date) -> Result<MessageFields, Problem> {
        let mut fields = Checker::default();
        let patient = self.patient.read(&mut fields, today);
        let addressee = self.addressee.read("/addressee", &mut fields);
        let fallback = self
            .fallback_addressee
            .as_ref()
            .and_then(|other| other.read_other_than(addressee.as_ref(), &mut fields));
        let kind = fields.check("/kind", MessageKind::parse(&self.kind));
        let subject = fields.check("/subject", MessageSubject::parse(&self.subject));
        let sender_name = self
            .sender_name
            .as_ref()
            .map(|name| fields.check("/senderName", SenderName::parse(name)));
        let content = match (&self.document_id, &self.text) {
            (Some(id), None) => {
                fields.check("/documentId", ClientId::parse(id)).map(MessageContent::Document)
            }
            (None, Some(text)) => {
                fields.check("/text", MessageText::parse(text)).map(MessageContent::Text)
            }
            (None, None) => fields.refuse("/documentId", "a document or a text is needed"),
            (Some(_), Some(_)) => fields.refuse("/text", "either a document or a text, not both"),
        };
        let read = patient.zip(addressee).zip(kind).zip(subject).zip(content);
        fields.finish(read.map(|((((patient, addressee), kind), subject), content)| {
            MessageFields {
                patient,
                addressee,
                fallback,
                kind,
                subject,
                sender_name: sender_name.flatten(),
                content,
            }
        }))
    }
}

impl PatientRequest {
    fn read(&self, fields: &mut Checker, today: Date) -> Option<MessagePatient> {
        if let Some(id) = self.patient_id {
            return self.numbered(id, fields, today);
        }
        let last_name = self.last_name(fields, "a patientId or a last name is needed");
        let first_name = self
            .first_name
            .as_ref()
            .map(|name| fields.check("/patient/firstName", PatientName::parse(name)));
        let born = self.born(fields, today, "a date of birth is needed");
        let medicare = self.medicare.as_ref().map(|card| card.read(fields));
        let ihi = self
            .ihi
            .as_ref()
            .map(|text| fields.check("/patient/ihi", DescribedPatient::parse_ihi(text)));
        let (last_name, date_of_birth) = last_name.zip(born)?;
        Some(MessagePatient::Described(DescribedPatient {
            last_name,
            // An error in one of these is among the collected errors, so the request is refused.
            first_name: first_name.flatten(),
            date_of_birth,
            medicare: medicare.flatten(),
            ihi: ihi.flatten(),
        }))
    }
}

impl PatientRequest {
    /// A patient by number, with or without what is compared with Bp's record.
    fn numbered(&self, id: i64, fields: &mut Checker, today: Date) -> Option<MessagePatient> {
        if self.first_name.is_some() || self.medicare.is_some() || self.ihi.is_some() {
            let only =
                "with a patientId, only lastName and dateOfBirth are compared: leave out the rest";
            return fields.refuse("/patient", only);
        }
        let id = fields.check("/patient/patientId", PatientId::parse(id));
        if self.last_name.is_none() && self.date_of_birth.is_none() {
            return id.map(MessagePatient::Known);
        }
        let both = "lastName and dateOfBirth are compared together: send both or neither";
        let (last_name, born) = (self.last_name(fields, both), self.born(fields, today, both));
        let ((id, last_name), date_of_birth) = id.zip(last_name).zip(born)?;
        Some(MessagePatient::Numbered(NumberedPatient { id, last_name, date_of_birth }))
    }

    /// The last name. `missing` says what is wrong without it.
    fn last_name(&self, fields: &mut Checker, missing: &'static str) -> Option<PatientName> {
        const AT: &str = "/patient/lastName";
        match &self.last_name {
            Some(name) => fields.check(AT, DescribedPatient::parse_last_name(name)),
            None => fields.refuse(AT, missing),
        }
    }

    /// The date of birth. `missing` says what is wrong without it.
    fn born(&self, fields: &mut Checker, today: Date, missing: &'static str) -> Option<Date> {
        const AT: &str = "/patient/dateOfBirth";
        match &self.date_of_birth {
            Some(text) => fields.check(AT, DescribedPatient::parse_date_of_birth(text, today)),
            None => fields.refuse(AT, missing),
        }
    }
}

impl MedicareRequest {
    fn read(&self, fields: &mut Checker) -> Option<MedicareCard> {
        let number =
            fields.check("/patient/medicare/number", MedicareCard::parse_number(&self.number));
        let line = self
            .line
            .as_ref()
            .map(|line| fields.check("/patient/medicare/line", MedicareCard::parse_line(line)));
        Some(MedicareCard { number: number?, line: line.flatten() })
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::BpUserId;
    use jiff::civil::date;
    use serde_json::{Value, json};

    use super::*;

    fn message(change: impl FnOnce(&mut Value)) -> Result<MessageFields, Problem> {
        let mut body = json!({
            "patient": { "lastName": "Wattleford", "dateOfBirth": "1957-03-14" },
            "addressee": { "ahpraNumber": "MED0000000001" },
            "kind": "advice", "subject": "Left knee", "text": "Rest it.",
        });
        change(&mut body);
        serde_json::from_value::<MessageRequest>(body).unwrap().read(date(2026, 3, 2))
    }

    fn pointers(outcome: Result<MessageFields, Problem>) -> Vec<String> {
        let problem = outcome.err().expect("the request is wrong");
        problem.errors.into_iter().map(|error| error.pointer).collect()
    }

    #[test]
    fn a_message_is_read_whole() {
        assert!(message(|_| {}).is_ok());
        let known = message(|body| body["patient"] = json!({ "patientId": 7 })).unwrap();
        assert_eq!(known.patient, MessagePatient::Known(PatientId(7)));
    }

    #[test]
    fn every_wrong_field_is_pointed_at() {
        let found = pointers(message(|body| {
            *body = json!({
                "patient": { "lastName": "Łukasz", "firstName": "日本", "dateOfBirth": "2026-02-30",
                    "medicare": { "number": "12", "line": "0" }, "ihi": "x" },
                "addressee": {}, "kind": "fax", "subject": "x".repeat(61), "senderName": "",
                "documentId": "d", "text": "t",
            });
        }));
        assert_eq!(
            found,
            [
                "/patient/lastName",
                "/patient/firstName",
                "/patient/dateOfBirth",
                "/patient/medicare/number",
                "/patient/medicare/line",
                "/patient/ihi",
                "/addressee",
                "/kind",
                "/subject",
                "/senderName",
                "/text",
            ]
        );
    }

    #[test]
    fn a_patient_is_named_one_way_and_an_addressee_too() {
        for other in [json!({ "firstName": "Ann" }), json!({ "ihi": "8003600000000000" })] {
            let both = message(|body| {
                body["patient"]["patientId"] = json!(7);
                for (name, value) in other.as_object().unwrap() {
                    body["patient"][name] = value.clone();
                }
            });
            assert_eq!(pointers(both), ["/patient"], "{other}");
        }
        assert_eq!(
            pointers(message(|body| body["addressee"]["userId"] = json!(7))),
            ["/addressee"]
        );
        assert_eq!(
            pointers(message(|body| body["patient"] = json!({}))),
            ["/patient/lastName", "/patient/dateOfBirth"]
        );
        assert_eq!(pointers(message(|body| body["text"] = Value::Null)), ["/documentId"]);
    }

    #[test]
    fn a_number_may_be_compared_with_a_last_name_and_a_date_of_birth_together() {
        let with = |patient: Value| message(|body| body["patient"] = patient);
        let named = json!({ "patientId": 7, "lastName": "O’Wattle", "dateOfBirth": "1957-03-14" });
        let Ok(MessagePatient::Numbered(patient)) = with(named).map(|fields| fields.patient) else {
            panic!("the number is compared")
        };
        assert_eq!((patient.id, patient.last_name.as_str()), (PatientId(7), "O’Wattle"));
        assert_eq!(
            (patient.surname_key().as_str(), patient.date_of_birth),
            ("OWATTLE", date(1957, 3, 14))
        );
        for (patient, wrong) in [
            (json!({ "patientId": 7, "lastName": "Brown" }), &["/patient/dateOfBirth"][..]),
            (json!({ "patientId": 7, "dateOfBirth": "1957-03-14" }), &["/patient/lastName"]),
            (
                json!({ "patientId": 0, "lastName": "%", "dateOfBirth": "1957-02-30" }),
                &["/patient/patientId", "/patient/lastName", "/patient/dateOfBirth"],
            ),
        ] {
            assert_eq!(pointers(with(patient.clone())), wrong, "{patient}");
        }
    }

    #[test]
    fn a_fallback_is_somebody_else_named_one_way() {
        let with = |other: Value| message(|body| body["fallbackAddressee"] = other);
        assert_eq!(message(|_| {}).unwrap().fallback, None);
        assert_eq!(with(Value::Null).unwrap().fallback, None);
        let fallback = with(json!({ "userId": 3 })).unwrap().fallback;
        assert_eq!(fallback, Some(Addressee::User(BpUserId(3))));
        for (other, wrong) in [
            (json!({ "ahpraNumber": "med 0000 000 001" }), "/fallbackAddressee"),
            (json!({}), "/fallbackAddressee"),
            (json!({ "userId": 3, "providerNumber": "9990011A" }), "/fallbackAddressee"),
            (json!({ "userId": 0 }), "/fallbackAddressee/userId"),
            (json!({ "ahpraNumber": "MED1" }), "/fallbackAddressee/ahpraNumber"),
            (json!({ "providerNumber": "A" }), "/fallbackAddressee/providerNumber"),
        ] {
            assert_eq!(pointers(with(other.clone())), [wrong], "{other}");
        }
    }

    #[test]
    fn a_wrong_detail_of_a_patient_is_never_left_out_in_silence() {
        let found = pointers(message(|body| body["patient"]["ihi"] = json!("123")));
        assert_eq!(found, ["/patient/ihi"]);
    }
}
