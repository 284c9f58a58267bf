//! Where the next page begins: a position, signed together with everything it is good for. A cursor
//! of another practice, patient or filter is as good as none.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Invalid;
use domain::attachments::{AttachmentFilter, Folder, Position, parse_day};
use domain::ids::{DocumentId, PatientId, PracticeId};
use hmac::{Hmac, KeyInit, Mac};
use runtime::SecretText;
use secrecy::ExposeSecret;
use serde::Serialize;
use sha2::Sha256;

use crate::problem::{Kind, Problem};

const SIGNATURE: usize = 32;
const NO_DAY: &str = "-";

/// Signs cursors. Its key is read on first use.
#[derive(Debug)]
pub struct Cursors(SecretText);

impl Cursors {
    /// With the key in this secret.
    #[must_use]
    pub fn new(secret: SecretText) -> Self {
        Self(secret)
    }

    /// The key itself. Comes before Bp is asked: what cannot be continued is not begun.
    pub(crate) async fn key(&self) -> Result<CursorKey, Problem> {
        let secret = self.0.get().await.map_err(|_| {
            tracing::error!("the key of cursors cannot be read");
            Problem::new(Kind::StorageUnavailable).retry_after(5)
        })?;
        Ok(CursorKey::of(secret.expose_secret().as_bytes()))
    }
}

/// A list that a cursor leads through.
#[derive(Debug, Serialize)]
pub(crate) struct Listing<'a> {
    pub(crate) practice: &'a PracticeId,
    pub(crate) patient: PatientId,
    pub(crate) filter: &'a AttachmentFilter,
}

/// Makes and reads cursors.
pub(crate) struct CursorKey(Hmac<Sha256>);

impl fmt::Debug for CursorKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CursorKey(…)")
    }
}

impl CursorKey {
    fn of(key: &[u8]) -> Self {
        // HMAC takes a key of any length; longer ones than a block are hashed first.
        Self(Hmac::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default())))
    }

    /// The cursor that leads on after a position.
    pub(crate) fn after(&self, listing: &Listing<'_>, position: &Position) -> String {
        let mut bytes = self.signature(listing, position).finalize().into_bytes().to_vec();
        bytes.extend(written(position).into_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The position in a cursor that was made for this list.
    pub(crate) fn read(&self, listing: &Listing<'_>, cursor: &str) -> Result<Position, Invalid> {
        let wrong = Invalid("this is not a cursor of this list");
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| wrong)?;
        let (signature, text) = bytes.split_at_checked(SIGNATURE).ok_or(wrong)?;
        let position = std::str::from_utf8(text).ok().and_then(position).ok_or(wrong)?;
        self.signature(listing, &position).verify_slice(signature).map_err(|_| wrong)?;
        Ok(position)
    }

    /// A cursor of any other list: the place where it goes on, signed together with the list.
    pub(crate) fn seal(&self, list: &impl Serialize, place: &str) -> String {
        let mut bytes = self.seal_of(list, place).finalize().into_bytes().to_vec();
        bytes.extend(place.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The place in a cursor that was sealed for this list.
    pub(crate) fn open(&self, list: &impl Serialize, cursor: &str) -> Result<String, Invalid> {
        let wrong = Invalid("this is not a cursor of this list");
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| wrong)?;
        let (signature, place) = bytes.split_at_checked(SIGNATURE).ok_or(wrong)?;
        let place = std::str::from_utf8(place).map_err(|_| wrong)?;
        self.seal_of(list, place).verify_slice(signature).map_err(|_| wrong)?;
        Ok(place.to_owned())
    }

    fn seal_of(&self, list: &impl Serialize, place: &str) -> Hmac<Sha256> {
        let mut signature = self.0.clone();
        // The word keeps these apart from the signatures of positions.
        signature.update(&serde_json::to_vec(&("sealed", list, place)).unwrap_or_default());
        signature
    }

    fn signature(&self, listing: &Listing<'_>, position: &Position) -> Hmac<Sha256> {
        let mut signature = self.0.clone();
        // JSON, so that no two lists are written alike.
        signature.update(&serde_json::to_vec(&(listing, position)).unwrap_or_default());
        signature
    }
}

fn written(Position { day, folder, document }: &Position) -> String {
    let day = day.map_or_else(|| NO_DAY.to_owned(), |day| day.to_string());
    format!("{day} {} {}", folder.name(), document.0)
}

fn position(text: &str) -> Option<Position> {
    let mut parts = text.split(' ');
    let day = match parts.next()? {
        NO_DAY => None,
        day => Some(parse_day(day).ok()?),
    };
    let folder = Folder::parse(parts.next()?).ok()?;
    let document = DocumentId::parse(parts.next()?.parse().ok()?).ok()?;
    parts.next().is_none().then_some(Position { day, folder, document })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const EVERYTHING: AttachmentFilter = AttachmentFilter { folder: None, from: None, to: None };

    fn practice(id: &str) -> PracticeId {
        PracticeId::parse(id).unwrap()
    }

    fn place(day: Option<jiff::civil::Date>) -> Position {
        Position { day, folder: Folder::ClinicalImages, document: DocumentId(17) }
    }

    #[test]
    fn a_cursor_is_good_for_its_own_list_only() {
        let key = CursorKey::of(b"a key");
        let (ours, theirs) = (practice("ours"), practice("theirs"));
        let list = Listing { practice: &ours, patient: PatientId(1), filter: &EVERYTHING };
        let letters = AttachmentFilter {
            folder: Some(Folder::CorrespondenceIn),
            ..AttachmentFilter::default()
        };
        let since =
            AttachmentFilter { from: Some(date(2024, 1, 1)), ..AttachmentFilter::default() };
        let until = AttachmentFilter { to: Some(date(2024, 1, 1)), ..AttachmentFilter::default() };
        for day in [None, Some(date(2024, 2, 29))] {
            let cursor = key.after(&list, &place(day));
            assert_eq!(key.read(&list, &cursor), Ok(place(day)));
            assert!(CursorKey::of(b"another").read(&list, &cursor).is_err());
            for other in [
                Listing { practice: &theirs, ..list },
                Listing { patient: PatientId(2), ..list },
                Listing { filter: &letters, ..list },
                Listing { filter: &since, ..list },
                Listing { filter: &until, ..list },
            ] {
                assert!(key.read(&other, &cursor).is_err(), "{other:?}");
            }
        }
    }

    #[test]
    fn a_cursor_with_any_letter_changed_is_refused() {
        let key = CursorKey::of(b"a key");
        let ours = practice("ours");
        let list = Listing { practice: &ours, patient: PatientId(1), filter: &EVERYTHING };
        let cursor = key.after(&list, &place(Some(date(2024, 2, 29))));
        for at in 0..cursor.len() {
            let mut changed = cursor.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(key.read(&list, &changed).is_err(), "changed at {at}");
        }
        assert!(key.read(&list, &cursor[..cursor.len() - 1]).is_err());
    }

    #[test]
    fn a_sealed_place_is_good_for_its_own_list_only() {
        let key = CursorKey::of(b"a key");
        let list = ("deliveries", practice("ours"), Some("failed"));
        let cursor = key.seal(&list, "somewhere");
        assert_eq!(key.open(&list, &cursor).as_deref(), Ok("somewhere"));
        for other in [
            ("deliveries", practice("theirs"), Some("failed")),
            ("deliveries", practice("ours"), None),
            ("bookings", practice("ours"), Some("failed")),
        ] {
            assert!(key.open(&other, &cursor).is_err(), "{other:?}");
        }
        assert!(key.open(&list, &cursor[1..]).is_err());
        assert!(key.open(&list, "").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,200}") {
            let ours = practice("ours");
            let list = Listing { practice: &ours, patient: PatientId(1), filter: &EVERYTHING };
            prop_assert!(CursorKey::of(b"a key").read(&list, &text).is_err());
        }
    }
}
