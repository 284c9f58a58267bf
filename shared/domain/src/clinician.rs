//! Finds the Bp user who asks to be linked. The name must be exactly as in Bp. If several users share it, the first six
//! digits of the provider number are also needed (referral guide, section three).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bp_text::fit;
use crate::ids::BpUserId;
use crate::spelling::{is_blank, plain};
use crate::{Invalid, Unfit, numbers};

/// The width of Bp's `USERS.FIRSTNAME` (char 30) and `USERS.SURNAME` (char 100).
const LONGEST_FIRST_NAME: usize = 30;
const LONGEST_LAST_NAME: usize = 100;

/// A name as a person typed it, for comparison with Bp's users. Both parts are in their plainest spelling
/// ([`plain`]), because a telephone writes curly apostrophes and additional blanks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ClinicianName {
    /// First name.
    pub first: String,
    /// Last name.
    pub last: String,
}

impl ClinicianName {
    /// Takes a first name that Bp's column can hold.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse_first(text: &str) -> Result<String, Unfit> {
        parse_name(text, LONGEST_FIRST_NAME)
    }

    /// Takes a last name that Bp's column can hold.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse_last(text: &str) -> Result<String, Unfit> {
        parse_name(text, LONGEST_LAST_NAME)
    }
}

fn parse_name(text: &str, longest: usize) -> Result<String, Unfit> {
    if text.trim().chars().any(char::is_control) {
        return Err(Invalid("a name holds no control characters").into());
    }
    let name = plain(text);
    if name.is_empty() {
        return Err(Invalid("a name is needed, exactly as it appears in Bp").into());
    }
    fit(&name)?;
    if name.chars().count() > longest {
        return Err(Invalid("this is longer than a name in Bp can be").into());
    }
    Ok(name)
}

/// The first six digits of a Medicare provider number. They name the person, without the location.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct ProviderNumberPrefix(String);

impl ProviderNumberPrefix {
    /// Takes exactly six digits. Blanks are ignored.
    ///
    /// # Errors
    /// If the text is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text: String = text.chars().filter(|c| !is_blank(*c)).collect();
        (text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then_some(Self(text))
            .ok_or(Invalid("the first 6 digits of the provider number are needed, digits only"))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the provider number begins with these digits. Bp's users write provider numbers with and
    /// without leading zeros. The person may have taken the first six digits of the whole number, or the
    /// first six that Bp shows.
    fn begins(&self, provider_number: &str) -> bool {
        let shown: String = provider_number.chars().filter(|c| !is_blank(*c)).collect();
        let whole = numbers::provider(&shown);
        shown.starts_with(&self.0) || whole.is_some_and(|whole| whole.starts_with(&self.0))
    }
}

/// A Bp user who may be the person that asks (`BPS_Users`, `PROVIDER_LOCATION`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BpUser {
    /// `UserID`.
    pub user_id: BpUserId,
    /// `Firstname`, trimmed.
    pub first_name: String,
    /// `Surname`, trimmed.
    pub last_name: String,
    /// Provider numbers for the usual location and all others.
    pub provider_numbers: Vec<String>,
}

/// A linked clinician.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Clinician {
    /// The Bp user.
    pub user_id: BpUserId,
    /// The first name in Bp.
    pub first_name: String,
    /// The last name in Bp.
    pub last_name: String,
    /// The first six digits of the provider number, if they were given and checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false)]
    pub provider_number_prefix: Option<ProviderNumberPrefix>,
}

impl Clinician {
    /// Whether it is the same user with the same name. The proof does not matter.
    #[must_use]
    pub fn is_same_user(&self, other: &Self) -> bool {
        (self.user_id, &self.first_name, &self.last_name)
            == (other.user_id, &other.first_name, &other.last_name)
    }
}

/// Why the account was not linked.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotLinked {
    /// No active user of Bp has exactly this name.
    #[error("no active user of Bp has exactly this name")]
    NameNotFound,
    /// Users with this name exist, but none with this provider number.
    #[error("no user of this name has a provider number that begins like this")]
    ProviderNumberDiffers,
    /// Several users match everything that was given.
    #[error("several users of Bp agree with everything given")]
    Ambiguous,
    /// The account is linked to another user, or the user to another account, or the account's link to this
    /// user was ended. Nothing that was given proves who asks.
    #[error("nothing given proves who asks")]
    ProofNeeded,
}

/// Finds the one Bp user who matches everything that was given.
///
/// # Errors
/// Says why there is not exactly one.
pub fn choose(
    users: &[BpUser],
    name: &ClinicianName,
    prefix: Option<&ProviderNumberPrefix>,
) -> Result<Clinician, NotLinked> {
    let mut named: Vec<&BpUser> = users
        .iter()
        .filter(|user| plain(&user.first_name) == name.first && plain(&user.last_name) == name.last)
        .collect();
    // One user may have several rows, one for each location.
    named.sort_by_key(|user| user.user_id);
    named.dedup_by_key(|user| user.user_id);
    if named.is_empty() {
        return Err(NotLinked::NameNotFound);
    }
    if let Some(prefix) = prefix {
        named.retain(|user| user.provider_numbers.iter().any(|number| prefix.begins(number)));
    }
    match named.as_slice() {
        [] => Err(NotLinked::ProviderNumberDiffers),
        [user] => Ok(Clinician {
            user_id: user.user_id,
            first_name: user.first_name.trim().to_owned(),
            last_name: user.last_name.trim().to_owned(),
            provider_number_prefix: prefix.cloned(),
        }),
        _ => Err(NotLinked::Ambiguous),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: i64, first: &str, last: &str, numbers: &[&str]) -> BpUser {
        BpUser {
            user_id: BpUserId(id),
            first_name: first.to_owned(),
            last_name: last.to_owned(),
            provider_numbers: numbers.iter().map(|number| (*number).to_owned()).collect(),
        }
    }

    fn name(first: &str, last: &str) -> ClinicianName {
        ClinicianName { first: first.to_owned(), last: last.to_owned() }
    }

    fn prefix(digits: &str) -> Option<ProviderNumberPrefix> {
        Some(ProviderNumberPrefix::parse(digits).unwrap())
    }

    #[test]
    fn a_name_is_taken_only_exactly_as_bp_has_it() {
        let users = [user(3, "Siobhan", "O'Brien", &["9990011A"])];
        assert_eq!(choose(&users, &name("Siobhan", "O'Brien"), None).unwrap().user_id, BpUserId(3));
        for (first, last) in [("Siobhan", "OBrien"), ("siobhan", "O'Brien"), ("Siobhán", "O'Brien")]
        {
            assert_eq!(choose(&users, &name(first, last), None), Err(NotLinked::NameNotFound));
        }
    }

    #[test]
    fn a_name_that_a_telephone_wrote_is_bps_and_shown_as_bp_has_it() {
        let users = [user(3, "Mary  Anne", "O’Brien–Lee", &[])];
        let typed = ClinicianName {
            first: ClinicianName::parse_first(" Mary\u{a0}Anne ").unwrap(),
            last: ClinicianName::parse_last("O'Brien-Lee").unwrap(),
        };
        let linked = choose(&users, &typed, None).unwrap();
        assert_eq!(
            (linked.first_name.as_str(), linked.last_name.as_str()),
            ("Mary  Anne", "O’Brien–Lee")
        );
        let refusal = ClinicianName::parse_last("Nguyễn").unwrap_err().to_string();
        assert!(refusal.contains("ễ (U+1EC5), character 5"), "{refusal}");
        for wrong in ["", " \u{200b} ", "a\nb"] {
            assert!(ClinicianName::parse_first(wrong).is_err(), "{wrong:?} was taken");
        }
    }

    #[test]
    fn a_provider_number_without_its_leading_zero_begins_with_it() {
        for shown in ["0499601K", "499601K", "049960 1K"] {
            let users = [user(3, "Jane", "Lee", &[shown])];
            assert!(
                choose(&users, &name("Jane", "Lee"), prefix("049960").as_ref()).is_ok(),
                "{shown}"
            );
            assert!(choose(&users, &name("Jane", "Lee"), prefix("049961").as_ref()).is_err());
        }
    }

    #[test]
    fn two_users_of_one_name_are_told_apart_by_the_provider_number() {
        let users = [
            user(3, "Jane", "Lee", &["9990011A"]),
            user(9, "Jane", "Lee", &["9990022B", "9990023X"]),
        ];
        assert_eq!(choose(&users, &name("Jane", "Lee"), None), Err(NotLinked::Ambiguous));
        let clinician = choose(&users, &name("Jane", "Lee"), prefix("999002").as_ref()).unwrap();
        assert_eq!(clinician.user_id, BpUserId(9));
        assert_eq!(
            choose(&users, &name("Jane", "Lee"), prefix("111111").as_ref()),
            Err(NotLinked::ProviderNumberDiffers)
        );
    }

    #[test]
    fn one_user_with_several_locations_is_one_user() {
        let users = [user(3, "Jane", "Lee", &["9990011A"]), user(3, "Jane", "Lee", &["9990011B"])];
        assert!(choose(&users, &name("Jane", "Lee"), None).is_ok());
    }

    #[test]
    fn a_provider_number_prefix_is_six_digits() {
        assert!(ProviderNumberPrefix::parse(" 999001 ").is_ok());
        assert_eq!(ProviderNumberPrefix::parse("999 001").unwrap().as_str(), "999001");
        for wrong in ["99900", "9990011", "99900A", "", "     "] {
            assert!(ProviderNumberPrefix::parse(wrong).is_err(), "{wrong:?} was taken");
        }
    }
}
