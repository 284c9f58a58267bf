//! A practice's medical staff as the booking platform lists it, and the Bp users that match (booking guide,
//! section 2.3).

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Invalid;
use crate::connection::Database;
use crate::ids::BpUserId;
use crate::spelling::key;

/// A practitioner's AHPRA registration number as the platform has it. Bp stores it as free text
/// (`RegistrationNo`), so it is compared letter by letter, without outer blanks.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct AhpraNumber(String);

impl AhpraNumber {
    /// Takes 1 to 20 letters and digits (Bp's column holds 20). Blanks around them are ignored.
    ///
    /// # Errors
    /// If the text is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        ((1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric()))
            .then(|| Self(text.to_owned()))
            .ok_or(Invalid(
                "an AHPRA registration number is letters and digits without blanks, such as MED0000000000",
            ))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether Bp's text differs only in capitals, blanks and punctuation: a typing mistake.
    fn nearly(&self, theirs: &str) -> bool {
        let core = |text: &str| {
            text.chars()
                .filter(char::is_ascii_alphanumeric)
                .map(|c| c.to_ascii_uppercase())
                .collect::<String>()
        };
        core(&self.0) == core(theirs)
    }
}

text_conversions!(AhpraNumber);

/// A member of the platform's list.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StaffMember {
    /// Compared with Bp.
    pub ahpra_number: AhpraNumber,
    /// For people to read; never compared.
    pub first_name: String,
    /// For people to read; never compared.
    pub last_name: String,
}

/// The Bp user with a registration number.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", tag = "state")]
pub enum BpMatch {
    /// Not compared since the member was put on the list.
    Unsynced,
    /// Exactly one active user.
    Synced {
        /// Bp's `USERID`.
        user: BpUserId,
    },
    /// No user.
    NotFound {
        /// Whether some user's number differs only in capitals, blanks or punctuation.
        nearly: bool,
        /// Whether inactive users could be read as well.
        inactive_seen: bool,
    },
    /// Several active users.
    Ambiguous,
    /// Only users who are no longer active.
    Inactive,
}

/// An active Bp user with a member's name. Only people can say whether they are the same person.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    /// Bp's `USERID`.
    #[schema(value_type = i64)]
    pub user_id: BpUserId,
    /// As in Bp.
    pub first_name: String,
    /// As in Bp.
    pub last_name: String,
    /// The last four characters of the registration number in Bp. Absent if Bp has no number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ahpra_ending: Option<String>,
}

/// A member, and the Bp user that matches.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedMember {
    #[serde(flatten)]
    pub member: StaffMember,
    /// The Bp user that matches.
    #[serde(rename = "standing")]
    pub bp_match: BpMatch,
    /// Bp users with the name of a member who was not found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Candidate>,
}

/// The platform's whole list.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StaffList {
    /// In the platform's order.
    pub staff: Vec<ListedMember>,
    /// The Bp database of the `USERID`s; `None` while no user is known.
    pub site: Option<Database>,
    /// When the list was last compared with Bp.
    pub synced_at: Option<Timestamp>,
}

/// A user of Bp who has a registration number.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RegisteredUser {
    /// Bp's `USERID`.
    pub user: BpUserId,
    /// As Bp has it, without outer blanks.
    pub registration: String,
    /// Whether Bp shows the user as active.
    pub active: bool,
}

/// An active user of Bp, with a name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NamedUser {
    /// Bp's `USERID`.
    pub user: BpUserId,
    /// As in Bp.
    pub first_name: String,
    /// As in Bp.
    pub last_name: String,
    /// The registration number, if Bp has one.
    pub registration: Option<String>,
}

/// Bp's users who have a registration number.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Register {
    /// Active users, and inactive users if they can be read.
    pub users: Vec<RegisteredUser>,
    /// Whether inactive users could be read.
    pub inactive_seen: bool,
    /// The registration numbers of users whose rows could not be read. `None` if the number could not be read
    /// either.
    pub unreadable: Vec<Option<String>>,
    /// Active users with and without a registration number.
    pub named: Vec<NamedUser>,
}

/// The last four characters.
fn ending(number: &str) -> String {
    let number = number.trim();
    number.chars().skip(number.chars().count().saturating_sub(4)).collect()
}

impl Register {
    /// Nobody shares a name with more doctors of a practice.
    const MOST_CANDIDATES: usize = 5;

    /// Whether a row that could not be read may be a user with this number.
    fn leaves_open(&self, number: &AhpraNumber, found: BpMatch) -> bool {
        self.unreadable.iter().any(|registration| match registration {
            Some(registration) => registration.trim() == number.0,
            None => !matches!(found, BpMatch::Synced { .. }),
        })
    }

    /// Active users with a member's name, at most [`Self::MOST_CANDIDATES`]. Case, blanks, apostrophes and dashes do
    /// not matter.
    fn candidates(&self, member: &StaffMember) -> Vec<Candidate> {
        let name = (key(&member.first_name), key(&member.last_name));
        let has_name = |user: &&NamedUser| (key(&user.first_name), key(&user.last_name)) == name;
        let candidate = |user: &NamedUser| Candidate {
            user_id: user.user,
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
            ahpra_ending: user.registration.as_deref().map(ending),
        };
        self.named.iter().filter(has_name).take(Self::MOST_CANDIDATES).map(candidate).collect()
    }

    /// The Bp user with this number.
    #[must_use]
    pub fn find(&self, number: &AhpraNumber) -> BpMatch {
        let of = |active: bool| -> BTreeSet<BpUserId> {
            self.users
                .iter()
                .filter(|user| user.active == active && user.registration.trim() == number.0)
                .map(|user| user.user)
                .collect()
        };
        let mut active = of(true).into_iter();
        match (active.next(), active.next()) {
            (Some(user), None) => BpMatch::Synced { user },
            (Some(_), Some(_)) => BpMatch::Ambiguous,
            (None, _) if !of(false).is_empty() => BpMatch::Inactive,
            (None, _) => BpMatch::NotFound {
                nearly: self.users.iter().any(|user| number.nearly(&user.registration)),
                inactive_seen: self.inactive_seen,
            },
        }
    }
}

impl StaffList {
    /// The most members that a list may have.
    const MOST_MEMBERS: usize = 500;

    /// A new list. Members who were on the old list keep their Bp user.
    ///
    /// # Errors
    /// If it is too long, or a number occurs twice; says the index of the second.
    pub fn replaced(&self, members: Vec<StaffMember>) -> Result<Self, ListProblem> {
        if members.len() > Self::MOST_MEMBERS {
            return Err(ListProblem::TooLong);
        }
        let mut seen = BTreeSet::new();
        let twice = members.iter().position(|member| !seen.insert(member.ahpra_number.as_str()));
        if let Some(index) = twice {
            return Err(ListProblem::Twice { index });
        }
        let staff = members
            .into_iter()
            .map(|member| {
                let bp_match = self.bp_match(&member.ahpra_number).unwrap_or(BpMatch::Unsynced);
                // They were found by the name, which may be another one now.
                let known = self.staff.iter().find(|listed| listed.member == member);
                let candidates = known.map(|known| known.candidates.clone()).unwrap_or_default();
                ListedMember { member, bp_match, candidates }
            })
            .collect();
        Ok(Self { staff, site: self.site.clone(), synced_at: self.synced_at })
    }

    /// The list after the practice has moved to another Bp database, with which it was not compared yet.
    #[must_use]
    pub fn moved(mut self) -> Self {
        for listed in &mut self.staff {
            listed.bp_match = BpMatch::Unsynced;
            listed.candidates.clear();
        }
        Self { staff: self.staff, site: None, synced_at: None }
    }

    /// The list, compared with the Bp users of a site. A member whose user may be among the rows that could
    /// not be read stays as they were.
    #[must_use]
    pub fn synced(mut self, register: &Register, site: &Database, now: Timestamp) -> Self {
        let is_same_site = self.site.as_ref() == Some(site);
        for listed in &mut self.staff {
            let number = &listed.member.ahpra_number;
            let found = register.find(number);
            if !register.leaves_open(number, found) {
                listed.bp_match = found;
            } else if !is_same_site {
                listed.bp_match = BpMatch::Unsynced;
            }
            listed.candidates = match listed.bp_match {
                BpMatch::NotFound { .. } => register.candidates(&listed.member),
                _ => Vec::new(),
            };
        }
        self.site = Some(site.clone());
        self.synced_at = Some(now);
        self
    }

    /// A member's Bp user; `None` if nobody with this number is on the list.
    #[must_use]
    pub fn bp_match(&self, number: &AhpraNumber) -> Option<BpMatch> {
        self.staff
            .iter()
            .find(|listed| listed.member.ahpra_number == *number)
            .map(|listed| listed.bp_match)
    }
}

/// What is wrong with a list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ListProblem {
    /// It has more members than allowed.
    TooLong,
    /// A number occurs twice.
    Twice {
        /// The index of the second.
        index: usize,
    },
}

#[cfg(test)]
mod tests;
