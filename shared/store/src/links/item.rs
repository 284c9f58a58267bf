//! How a link and the accounts of a user are stored.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::clinician::Clinician;
use domain::ids::{BpUserId, PracticeId, Subject};

use crate::error::StoreError;
use crate::item::{ACCOUNTS, CLINICIAN, Item, body, item, key, number, practice_key, sort_key};

/// The generation of the connection that a link was made for. It is an attribute beside the body.
pub(super) const GENERATION: &str = "generation";

/// The key under which a link is stored. An account has one link. A platform's server can link many
/// users.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum LinkKey {
    /// The person's account.
    Account(Subject),
    /// The Bp user, if a platform's server made the link.
    User(BpUserId),
}

impl LinkKey {
    pub(crate) fn sort_key(&self) -> String {
        match self {
            Self::Account(subject) => format!("{CLINICIAN}ACCOUNT#{}", subject.0),
            Self::User(user) => format!("{CLINICIAN}USER#{}", user.0),
        }
    }

    fn parse(sk: &str) -> Option<Self> {
        let of = sk.strip_prefix(CLINICIAN)?;
        if let Some(subject) = of.strip_prefix("ACCOUNT#") {
            return Some(Self::Account(Subject(subject.to_owned())));
        }
        of.strip_prefix("USER#")?.parse().ok().map(|user| Self::User(BpUserId(user)))
    }
}

/// A clinician's link that is valid for the present connection.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Link {
    /// Who was linked.
    pub key: LinkKey,
    /// The Bp user that the link leads to.
    pub clinician: Clinician,
}

pub(super) fn accounts_key(practice: &PracticeId, generation: u32, user: BpUserId) -> Item {
    key(practice_key(practice), format!("{ACCOUNTS}{generation}#{}", user.0))
}

pub(super) fn link_item(
    practice: &PracticeId,
    link: &LinkKey,
    clinician: &Clinician,
    generation: u32,
) -> Result<Item, StoreError> {
    let mut kept = item(practice_key(practice), link.sort_key(), clinician)?;
    kept.insert(GENERATION.to_owned(), number(generation));
    Ok(kept)
}

/// A link, and the generation of the connection that it was made for. A link without a number belongs to
/// the first generation: it was made before generations were counted.
pub(crate) fn link_of(item: &Item) -> Result<(u32, Link), StoreError> {
    let generation = match item.get(GENERATION).map(AttributeValue::as_n) {
        Some(Ok(number)) => number.parse().map_err(|_| StoreError::Corrupt)?,
        Some(Err(_)) => return Err(StoreError::Corrupt),
        None => 0,
    };
    let key = LinkKey::parse(sort_key(item)?).ok_or(StoreError::Corrupt)?;
    Ok((generation, Link { key, clinician: body(item)? }))
}
