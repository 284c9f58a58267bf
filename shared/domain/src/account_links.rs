//! Whether an account may be linked to a Bp user, and what a new link means for existing ones.
//! [`crate::clinician`] says which user it is.

use serde::{Deserialize, Serialize};

use crate::clinician::NotLinked;
use crate::ids::{BpUserId, Subject};

/// What a new link means for existing links.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LinkChange {
    /// It affects no other link.
    Plain,
    /// It affects another link, so platforms are notified.
    Relinked {
        /// The user that the account was linked to before, if it was another one.
        former: Option<BpUserId>,
    },
}

/// What is known of a user and of the account that asks to be linked, read at one moment.
#[derive(Clone, Copy, Debug)]
pub struct LinksSeen {
    /// The user that the account is linked to.
    pub account_linked_to: Option<BpUserId>,
    /// Whether another account is linked to the user.
    pub user_has_another: bool,
    /// Whether somebody else ended the account's link to the user.
    pub ended: bool,
}

/// Whether an account may be linked to `user`. A name is no secret. So if a link exists already or was ended,
/// the first digits of the provider number are also needed, or an administrator.
///
/// # Errors
/// [`NotLinked::ProofNeeded`].
pub fn judge_link(user: BpUserId, seen: LinksSeen, proved: bool) -> Result<LinkChange, NotLinked> {
    let former = seen.account_linked_to.filter(|linked| *linked != user);
    if seen.account_linked_to == Some(user) {
        return Ok(LinkChange::Plain);
    }
    let concerns_others = former.is_some() || seen.user_has_another;
    match (proved, concerns_others || seen.ended) {
        (false, true) => Err(NotLinked::ProofNeeded),
        _ if concerns_others => Ok(LinkChange::Relinked { former }),
        _ => Ok(LinkChange::Plain),
    }
}

/// The accounts that are linked to a Bp user, and the accounts whose links somebody else ended: another
/// account that proved to be the user, or an administrator. An account of the second kind is not linked to
/// this user by name alone again. Each change increases the revision, so that only one of two simultaneous
/// changes is written.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserAccounts {
    /// How often it was changed; 0 means never.
    pub revision: u32,
    /// The accounts whose links were ended, the latest last.
    pub ended: Vec<Subject>,
    /// The linked accounts. Links that earlier releases made are missing: a query on the table shows them. A
    /// link that is being written is included, although a query may not show it yet.
    #[serde(default)]
    pub linked: Vec<Subject>,
}

impl UserAccounts {
    /// The most accounts of each kind; the latest are kept. A table item has a limited size, and no user has
    /// so many.
    const MOST_ACCOUNTS: usize = 500;

    /// After an account was linked, which ended the links of others.
    #[must_use]
    pub fn linked(mut self, account: &Subject, displaced: &[Subject]) -> Self {
        self.ended.retain(|ended| ended != account);
        self.linked.retain(|linked| linked != account);
        push_capped(&mut self.linked, account);
        displaced.iter().fold(self.counted(), Self::with_ended)
    }

    /// After an account was linked to another user with its own proof.
    #[must_use]
    pub fn left(mut self, account: &Subject) -> Self {
        self.linked.retain(|linked| linked != account);
        self.counted()
    }

    /// After somebody else ended an account's link.
    #[must_use]
    pub fn ended(self, account: &Subject) -> Self {
        self.counted().with_ended(account)
    }

    /// After an administrator allowed an account to be linked by name again.
    #[must_use]
    pub fn allowed(mut self, account: &Subject) -> Self {
        self.ended.retain(|ended| ended != account);
        self.counted()
    }

    fn counted(self) -> Self {
        Self { revision: self.revision.saturating_add(1), ..self }
    }

    fn with_ended(mut self, account: &Subject) -> Self {
        self.linked.retain(|linked| linked != account);
        self.ended.retain(|ended| ended != account);
        push_capped(&mut self.ended, account);
        self
    }
}

/// Adds an account. If there are too many, the oldest are dropped.
fn push_capped(accounts: &mut Vec<Subject>, account: &Subject) {
    accounts.push(account.clone());
    let beyond = accounts.len().saturating_sub(UserAccounts::MOST_ACCOUNTS);
    accounts.drain(..beyond);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_concerns_another_one_or_was_ended_needs_proof() {
        let (mine, other) = (BpUserId(1), BpUserId(2));
        let needed = Err(NotLinked::ProofNeeded);
        let plain = Ok(LinkChange::Plain);
        let relinked = |former| Ok(LinkChange::Relinked { former });
        for (account_linked_to, user_has_another, ended, unproved, proved) in [
            (None, false, false, plain, plain),
            (None, false, true, needed, plain),
            (None, true, false, needed, relinked(None)),
            (None, true, true, needed, relinked(None)),
            (Some(mine), false, false, plain, plain),
            (Some(mine), true, false, plain, plain),
            (Some(other), false, false, needed, relinked(Some(other))),
            (Some(other), true, false, needed, relinked(Some(other))),
        ] {
            let seen = LinksSeen { account_linked_to, user_has_another, ended };
            assert_eq!(judge_link(mine, seen, false), unproved, "{seen:?}");
            assert_eq!(judge_link(mine, seen, true), proved, "{seen:?}");
        }
    }

    #[test]
    fn whose_link_was_ended_is_kept_until_they_prove_who_they_are_or_are_let_in() {
        let account = |name: &str| Subject(name.to_owned());
        let (impostor, user) = (account("impostor"), account("user"));
        let ended = UserAccounts::default().linked(&user, std::slice::from_ref(&impostor));
        assert_eq!((ended.revision, &ended.ended), (1, &vec![impostor.clone()]));
        let both = ended.ended(&user).ended(&impostor);
        assert_eq!((both.revision, &both.ended), (3, &vec![user.clone(), impostor.clone()]));
        let proved = both.clone().linked(&user, &[]);
        assert_eq!((proved.revision, &proved.ended), (4, &vec![impostor.clone()]));
        assert_eq!(proved.linked, std::slice::from_ref(&user));
        assert_eq!(proved.clone().linked(&user, &[]).linked, std::slice::from_ref(&user));
        assert_eq!(proved.clone().ended(&user).linked, []);
        let left = proved.left(&user);
        assert_eq!((left.revision, left.linked.len(), left.ended.len()), (5, 0, 1));
        let allowed = both.allowed(&impostor);
        assert_eq!((allowed.revision, &allowed.ended), (4, &vec![user]));
        let many = (0..600).fold(UserAccounts::default(), |accounts, number| {
            accounts.ended(&account(&number.to_string()))
        });
        assert_eq!((many.ended.len(), &many.ended[0]), (500, &account("100")));
    }
}
