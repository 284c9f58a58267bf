//! Cursors say where the next page begins. A cursor is a position, signed together with the list that it
//! belongs to, so a cursor of another practice, caller, patient or filter is refused.

use std::fmt;

use aws::SecretText;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Invalid;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;

use crate::input::Checker;
use crate::problem::{Problem, ProblemType};

const SIGNATURE: usize = 32;

/// Signs cursors. Its key is read on first use.
#[derive(Debug)]
pub struct Cursors(SecretText);

impl Cursors {
    /// Cursors signed with the key in this secret.
    #[must_use]
    pub fn new(secret: SecretText) -> Self {
        Self(secret)
    }

    /// The key itself. Handlers read it before they ask Bp, because a list without a key cannot be
    /// continued.
    pub(crate) async fn key(&self) -> Result<CursorKey, Problem> {
        let secret = self.0.get().await.map_err(|_| {
            tracing::error!("the key of cursors cannot be read");
            Problem::new(ProblemType::StorageUnavailable).retry_after(5)
        })?;
        Ok(CursorKey::of(secret.expose_secret().as_bytes()))
    }
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
        // HMAC takes a key of any length, so the fallback is never used.
        Self(Hmac::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default())))
    }

    /// The cursor of the page after this place in the list.
    pub(crate) fn seal(&self, list: &impl Serialize, place: &impl Serialize) -> String {
        let place = serde_json::to_vec(place).unwrap_or_default();
        let mut bytes = self.signature(list, &place).finalize().into_bytes().to_vec();
        bytes.extend(place);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The place where a page begins: after the one in the parameter `cursor`, or at the beginning.
    pub(crate) fn begin<P: DeserializeOwned>(
        &self,
        list: &impl Serialize,
        cursor: Option<&String>,
    ) -> Result<Option<P>, Problem> {
        let mut fields = Checker::default();
        let place = match cursor {
            Some(cursor) => fields.check("cursor", self.open(list, cursor)).map(Some),
            None => Some(None),
        };
        fields.finish(place)
    }

    /// The place in a cursor, if the cursor was made for this list.
    pub(crate) fn open<P: DeserializeOwned>(
        &self,
        list: &impl Serialize,
        cursor: &str,
    ) -> Result<P, Invalid> {
        let wrong = Invalid("this is not a cursor of this list");
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| wrong)?;
        let (signature, place) = bytes.split_at_checked(SIGNATURE).ok_or(wrong)?;
        self.signature(list, place).verify_slice(signature).map_err(|_| wrong)?;
        serde_json::from_slice(place).map_err(|_| wrong)
    }

    fn signature(&self, list: &impl Serialize, place: &[u8]) -> Hmac<Sha256> {
        let mut signature = self.0.clone();
        // As JSON, two different lists are never the same bytes.
        signature.update(&serde_json::to_vec(&(list, place)).unwrap_or_default());
        signature
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::PracticeId;
    use proptest::prelude::*;

    use super::*;

    fn practice(id: &str) -> PracticeId {
        PracticeId::parse(id).unwrap()
    }

    #[test]
    fn a_cursor_is_good_for_its_own_list_only() {
        let key = CursorKey::of(b"a key");
        let list = ("deliveries", practice("ours"), Some("failed"));
        let cursor = key.seal(&list, &("somewhere", 17));
        assert_eq!(key.open(&list, &cursor), Ok(("somewhere".to_owned(), 17)));
        assert!(CursorKey::of(b"another").open::<(String, i64)>(&list, &cursor).is_err());
        for other in [
            ("deliveries", practice("theirs"), Some("failed")),
            ("deliveries", practice("ours"), None),
            ("attachments", practice("ours"), Some("failed")),
        ] {
            assert!(key.open::<(String, i64)>(&other, &cursor).is_err(), "{other:?}");
        }
    }

    #[test]
    fn a_cursor_with_any_letter_changed_is_refused() {
        let key = CursorKey::of(b"a key");
        let list = practice("ours");
        let cursor = key.seal(&list, &"somewhere");
        for at in 0..cursor.len() {
            let mut changed = cursor.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(key.open::<String>(&list, &changed).is_err(), "changed at {at}");
        }
        assert!(key.open::<String>(&list, &cursor[..cursor.len() - 1]).is_err());
        assert!(key.open::<String>(&list, &cursor[1..]).is_err());
        assert!(key.open::<String>(&list, "").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,200}") {
            let list = practice("ours");
            prop_assert!(CursorKey::of(b"a key").open::<String>(&list, &text).is_err());
        }
    }
}
