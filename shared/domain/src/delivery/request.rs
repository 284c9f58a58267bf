//! What a platform sends, checked when it enters.

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::chosen::{Acknowledged, Chosen};
use super::document::StoredDocument;
use super::patient::MessagePatient;
use crate::bp_text::{encode, line};
use crate::ids::{BpUserId, PatientId};
use crate::spelling::compose;
use crate::{Invalid, Unfit, numbers};

macro_rules! lines {
    ($($(#[$doc:meta])* $name:ident: $width:literal, $too_long:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes one line of Windows-1252 text that fits Bp's column. Accents may be separate characters.
            ///
            /// # Errors
            /// Says what is wrong with it. Nothing is cut or replaced.
            pub fn parse(text: &str) -> Result<Self, Unfit> {
                line(text, $width, Invalid($too_long)).map(Self)
            }

            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    )*};
}

lines! {
    /// `CORRESPONDENCEOUT.SUBJECT`.
    ReferralSubject: 100, "this is longer than the 100 characters that Bp keeps of a letter's subject";
    /// `CORRESPONDENCEOUT.CONTACTNAME`.
    RecipientName: 90, "this is longer than the 90 characters that Bp keeps of a recipient's name";
    /// `INCOMINGREPORTS.SUBJECT`.
    MessageSubject: 60, "this is longer than the 60 characters that Bp keeps of a message's subject";
    /// `INCOMINGREPORTS.CONTACTNAME` and `PROVIDERNAME`.
    SenderName: 60, "this is longer than the 60 characters that Bp keeps of a sender's name";
}

/// A message's text, if it has no document.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct MessageText(String);

impl MessageText {
    /// A longer text must be sent as a document.
    const MOST_CHARACTERS: usize = 20_000;

    /// Takes text that Windows-1252 can hold. Accents may be separate characters.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Unfit> {
        if text.trim().is_empty() {
            return Err(Invalid("this must not be empty").into());
        }
        let text = compose(text);
        if text.chars().count() > Self::MOST_CHARACTERS {
            return Err(Invalid("a text has at most 20,000 characters; upload longer ones").into());
        }
        encode(&text)?;
        Ok(Self(text.into_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text as Bp keeps it.
    #[must_use]
    pub fn encoded(&self) -> Vec<u8> {
        // `parse` has checked that every character has a byte.
        encode(&self.0).unwrap_or_default()
    }
}

/// The kind of a message.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum MessageKind {
    /// The receipt of a referral.
    Acknowledgement,
    /// Advice and guidance.
    Advice,
    /// A report of a consultation.
    Report,
    /// Anything else.
    Other,
}

impl MessageKind {
    /// Takes the kind's name.
    ///
    /// # Errors
    /// Names the kinds.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "acknowledgement" => Ok(Self::Acknowledgement),
            "advice" => Ok(Self::Advice),
            "report" => Ok(Self::Report),
            "other" => Ok(Self::Other),
            _ => Err(Invalid("this is acknowledgement, advice, report or other")),
        }
    }

    /// `INCOMINGREPORTS.CATEGORY`, which Bp copies to Correspondence In.
    #[must_use]
    pub fn category(self) -> &'static str {
        match self {
            Self::Acknowledgement => "Referral acknowledgement",
            Self::Advice => "Advice and guidance",
            Self::Report => "Specialist report",
            Self::Other => "Correspondence",
        }
    }

    /// The text before the subject in `INCOMINGREPORTS.TESTNAME`. The inbox lists items by it.
    #[must_use]
    pub fn heading(self) -> &'static str {
        match self {
            Self::Acknowledgement => "Acknowledgement: ",
            Self::Advice => "Advice: ",
            Self::Report => "Report: ",
            Self::Other => "",
        }
    }
}

/// The user whose inbox a message is for.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Addressee {
    /// A user of Bp.
    User(BpUserId),
    /// By AHPRA registration number.
    Ahpra(String),
    /// By Medicare provider number, at any of the practice's locations.
    Provider(#[serde(deserialize_with = "whole_provider_number")] String),
}

/// An earlier release stored the number as it was sent, without its leading zeros.
fn whole_provider_number<'de, D: Deserializer<'de>>(kept: D) -> Result<String, D::Error> {
    let kept = String::deserialize(kept)?;
    Ok(numbers::provider(&kept).unwrap_or(kept))
}

impl Addressee {
    /// Takes three letters and ten digits, such as `MED0001234567`. Blanks are ignored.
    ///
    /// # Errors
    /// If the text is anything else.
    pub fn parse_ahpra(text: &str) -> Result<Self, Invalid> {
        numbers::ahpra(text)
            .map(Self::Ahpra)
            .ok_or(Invalid("an AHPRA registration number is three letters and ten digits"))
    }

    /// Takes a provider number: up to six digits, a location and a check letter. Blanks are ignored, and
    /// missing leading zeros are added.
    ///
    /// # Errors
    /// If the text is anything else.
    pub fn parse_provider(text: &str) -> Result<Self, Invalid> {
        numbers::provider(text).map(Self::Provider).ok_or(Invalid(
            "a provider number is up to 6 digits, a location's digit or letter and a check letter",
        ))
    }
}

/// The content of a message.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Content {
    /// A document that was uploaded.
    Document(StoredDocument),
    /// A short text.
    Text(MessageText),
    /// A text that was delivered and then erased, because we no longer need it.
    DeliveredText,
}

/// A referral, to be kept in the patient's Correspondence Out.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Referral {
    /// The patient.
    pub patient: PatientId,
    /// The letter.
    pub document: StoredDocument,
    /// The subject.
    pub subject: ReferralSubject,
    /// The recipient.
    pub recipient: RecipientName,
    /// The date of the letter. If it is not given: the day on which it is written to Bp, on the practice's
    /// calendar.
    pub date: Option<Date>,
    /// The linked clinician who sent it. If there is none: the patient's usual doctor.
    pub sender: Option<BpUserId>,
    /// The patient whom the caller chose under this number.
    #[serde(default)]
    pub chosen: Chosen,
    /// What the caller knows about the patient and accepts.
    #[serde(default)]
    pub acknowledged: Vec<Acknowledged>,
    /// Whether the patient's summary goes with it, as a delivery of its own.
    #[serde(default, skip_serializing_if = "is_false")]
    pub summary: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// A message, for a clinician's unchecked inbox.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// The patient.
    pub patient: MessagePatient,
    /// The addressee.
    pub addressee: Addressee,
    /// The fallback addressee: for when the addressee has left, is away, or is one of several that match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Addressee>,
    /// The sender, if given.
    pub sender_name: Option<SenderName>,
    /// The kind of message.
    pub kind: MessageKind,
    /// The subject.
    pub subject: MessageSubject,
    /// The content.
    pub content: Content,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_must_fit_bps_column_whole() {
        assert!(ReferralSubject::parse(&"é".repeat(100)).is_ok());
        assert!(ReferralSubject::parse(&"é".repeat(101)).is_err());
        assert!(MessageSubject::parse("Łódź clinic").is_err());
        assert_eq!(MessageSubject::parse("Mu\u{308}ller").unwrap().as_str(), "Müller");
        assert_eq!(
            MessageSubject::parse("  Re: “Left knee”  ").unwrap().as_str(),
            "Re: “Left knee”"
        );
    }

    #[test]
    fn every_kind_fits_the_columns_it_is_written_into() {
        for kind in [
            MessageKind::Acknowledgement,
            MessageKind::Advice,
            MessageKind::Report,
            MessageKind::Other,
        ] {
            // CATEGORY is 25 wide; TESTNAME is 80 wide and also holds a subject of up to 60.
            assert!(kind.category().len() <= 25, "{kind:?}");
            assert!(kind.heading().len() + 60 <= 80, "{kind:?}");
        }
    }

    #[test]
    fn an_addressees_number_may_be_typed_with_blanks_but_must_be_whole() {
        assert_eq!(
            Addressee::parse_ahpra(" med0000000001 "),
            Ok(Addressee::Ahpra("MED0000000001".to_owned()))
        );
        assert!(Addressee::parse_ahpra("MED1").is_err());
        assert_eq!(
            Addressee::parse_provider("999001 1a"),
            Ok(Addressee::Provider("9990011A".to_owned()))
        );
        assert_eq!(
            Addressee::parse_provider("499601K"),
            Ok(Addressee::Provider("0499601K".to_owned()))
        );
        for wrong in ["", "A", "ABCDEFGH", "99900111A"] {
            assert!(Addressee::parse_provider(wrong).is_err(), "{wrong:?} was taken");
        }
    }

    #[test]
    fn an_addressee_that_an_earlier_release_kept_is_the_same_as_one_that_is_sent_now() {
        for (kept, sent) in [("499601K", "0499601K"), ("0499601K", "499601K")] {
            let kept = serde_json::json!({ "provider": kept });
            let kept: Addressee = serde_json::from_value(kept).unwrap();
            assert_eq!(Ok(kept), Addressee::parse_provider(sent));
        }
    }

    #[test]
    fn a_text_is_kept_whole_or_refused() {
        assert!(MessageText::parse(&"x".repeat(20_000)).is_ok());
        let composed = MessageText::parse(&"e\u{301}".repeat(20_000)).unwrap();
        assert_eq!(composed.encoded(), [0xe9; 20_000]);
        for wrong in [" \n ".to_owned(), "x".repeat(20_001), "a\0b".to_owned(), "α".to_owned()] {
            assert!(MessageText::parse(&wrong).is_err());
        }
    }
}
