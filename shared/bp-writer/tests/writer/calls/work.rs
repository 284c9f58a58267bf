//! A referral, a message and a booking.

use best_practice as _;
use domain::booking::token::Token;
use domain::booking::{Booking, BookingId, Representative, Visit};
use domain::delivery::{
    Addressee, AnnouncedDocument, Chosen, ClientId, Content, Delivery, DeliveryId, DocumentType,
    Letter, Message, MessageKind, MessagePatient, MessageSubject, MessageText, RecipientName,
    Referral, ReferralSubject, StoredDocument,
};
use domain::ids::{BpUserId, LocationId, PatientId, Subject};
use domain::settings::{BookingSettings, DurationMinutes, Settings};
use domain::staff::AhpraNumber;
use domain::time_zone::PracticeTimeZone;
use domain::{BpText, Sha256};
use jiff::civil::date;
use jiff::{Timestamp, ToSpan as _};
use store::booking_entry;
use store::deliveries::listing;
use store::work::{BodyHash, Entry, WorkKey};

use super::doubles::{PDF, practice, site};

fn delivery(number: usize, id: DeliveryId, letter: Letter) -> Entry<Delivery> {
    let now = Timestamp::now();
    let by = Subject("platform".to_owned());
    let delivery = Delivery::accept(&practice(number), site(number).into(), id, letter, by, now);
    let key = WorkKey::delivery(delivery.delivery_id.as_str());
    let listed = listing(&delivery);
    Entry::new(key, delivery, BodyHash("made up".to_owned()), &listed, now)
}

pub(crate) fn referral(number: usize, id: usize) -> Entry<Delivery> {
    let id = ClientId::parse(&format!("r-{id}")).unwrap();
    let letter = Letter::Referral(Referral {
        patient: PatientId(1),
        document: StoredDocument {
            announced: AnnouncedDocument {
                document_id: id.clone(),
                content_type: DocumentType::Pdf,
                bytes: PDF.len() as u64,
                sha256: Sha256::of(PDF),
            },
            key: "documents/made-up".to_owned(),
            announced_at: Timestamp::now(),
        },
        subject: ReferralSubject::parse("Left knee").unwrap(),
        recipient: RecipientName::parse("Dr Made-Up").unwrap(),
        date: None,
        sender: None,
        chosen: Chosen::NumberOnly,
        acknowledged: Vec::new(),
        summary: false,
    });
    delivery(number, DeliveryId::of_referral(&id), letter)
}

pub(crate) fn message(number: usize, id: usize) -> Entry<Delivery> {
    let id = DeliveryId::of_message(&ClientId::parse(&format!("m-{id}")).unwrap());
    let letter = Letter::Message(Message {
        patient: MessagePatient::Known(PatientId(1)),
        addressee: Addressee::parse_ahpra("MED9990000001").unwrap(),
        fallback: None,
        sender_name: None,
        kind: MessageKind::Advice,
        subject: MessageSubject::parse("Left knee").unwrap(),
        content: Content::Text(MessageText::parse("Rest it.").unwrap()),
    });
    delivery(number, id, letter)
}

pub(crate) fn booking(number: usize, id: usize) -> Entry<Booking> {
    let practice = practice(number);
    let text = |text| BpText::parse(text, 100).unwrap();
    let zone = PracticeTimeZone::parse("Australia/Brisbane").unwrap();
    let settings = Settings {
        time_zone: Some(zone.clone()),
        bookings: BookingSettings {
            enabled: true,
            location_id: Some(LocationId(1)),
            duration_minutes: Some(DurationMinutes::parse(15).unwrap()),
            appointment_type_code: None,
            online_wording: None,
        },
    };
    let visit = Visit {
        attendance: None,
        ahpra_number: AhpraNumber::parse("MED9990000001").unwrap(),
        start: date(2037, 3, 2).at(9, 0, 0, 0) + i64::try_from(id).unwrap().hours(),
        duration: None,
        representative: Representative { name: text("Kim Made-Up"), company: text("Example") },
        notes: None,
        send: true,
    };
    let now = Timestamp::now();
    let id = BookingId::parse(&format!("b-{id}")).unwrap();
    let token = Token::of(&practice, &id);
    let planned = visit.plan(&settings, BpUserId(1), &site(number).into(), &token).unwrap();
    booking_entry(&Booking::accept(&practice, id, visit, planned, &zone, now), now)
}
