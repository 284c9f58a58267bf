//! Links between accounts and users of Bp, each for one generation of the connection: made, ended and read.

mod former;
mod item;

use aws_sdk_dynamodb::types::{Delete, KeysAndAttributes, Put, TransactWriteItem};
use domain::account_links::UserAccounts;
use domain::clinician::Clinician;
use domain::connection::Connection;
use domain::ids::{BpUserId, PracticeId, Subject};
use domain::schedule::Job;
use jiff::Timestamp;

use crate::audit::{AuditItem, audit_item};
use crate::error::StoreError;
use crate::format::KnownFormatOnly;
use crate::item::{
    CONNECTION, Item, RELINKED, body, item, key, number, practice_key, readable, sort_key,
};
use crate::table::Store;
use crate::transaction::TRANSACTION_TRIES;

pub(crate) use self::item::link_of;
use self::item::{GENERATION, accounts_key, link_item};
pub use self::item::{Link, LinkKey};

/// A new link of an account, with what was read before.
#[derive(Clone, Copy, Debug)]
pub struct AccountLink<'a> {
    pub account: &'a Subject,
    /// The Bp user to link to.
    pub clinician: &'a Clinician,
    /// The generation of the practice's connection.
    pub generation: u32,
    /// The user that the account is linked to now, in this generation, with the answer of
    /// [`Store::user_accounts`] for that user.
    pub former: Option<(BpUserId, &'a UserAccounts)>,
    /// The accounts whose links to the user end.
    pub displaced: &'a [Subject],
    /// The answer of [`Store::user_accounts`] for the user, from before the links were read.
    pub seen: &'a UserAccounts,
    /// Whether to publish the change.
    pub relinked: bool,
    /// The lines for the audit trail.
    pub lines: &'a [AuditItem],
}

impl AccountLink<'_> {
    /// The most links that one new link ends. A transaction holds a hundred writes, and each displaced
    /// account needs two. Nobody has so many impostors.
    pub const MOST_DISPLACED: usize = 40;
}

/// A change of links that is not published yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnpublishedRelink {
    /// The item's key. No other change has the same.
    pub sk: String,
    /// The user who is linked now.
    pub user: BpUserId,
}

impl Store {
    /// Reads a practice's connection, and the user that an account is linked to for it. One consistent
    /// call.
    pub async fn connection_and_link(
        &self,
        practice: &PracticeId,
        account: &Subject,
    ) -> Result<(Option<Connection>, Option<Clinician>), StoreError> {
        let link = LinkKey::Account(account.clone()).sort_key();
        let keys = KeysAndAttributes::builder()
            .consistent_read(true)
            .keys(key(practice_key(practice), CONNECTION))
            .keys(key(practice_key(practice), link))
            .build()
            .map_err(|_| StoreError::Corrupt)?;
        let found = self.client.batch_get_item().request_items(&self.table, keys).send().await?;
        if found.unprocessed_keys().is_some_and(|left| !left.is_empty()) {
            return Err(StoreError::Unavailable { code: "throttled".to_owned() });
        }
        let (mut connection, mut link) = (None, None);
        for item in
            found.responses().and_then(|tables| tables.get(&self.table)).into_iter().flatten()
        {
            match sort_key(item)? {
                CONNECTION => connection = Some(body::<Connection>(item)?),
                _ => link = Some(link_of(item)?),
            }
        }
        let generation = connection.as_ref().map_or(0, |connection| connection.generation);
        let link = link.filter(|(of, _)| *of == generation).map(|(_, link)| link.clinician);
        Ok((connection, link))
    }

    /// Which accounts are linked to a user, and whose links were ended. Read this before the links
    /// themselves: [`Store::link_account`] then refuses if anything has changed afterwards.
    pub async fn user_accounts(
        &self,
        practice: &PracticeId,
        generation: u32,
        user: BpUserId,
    ) -> Result<UserAccounts, StoreError> {
        let found = self.found(accounts_key(practice, generation, user)).await?;
        Ok(found.as_ref().map(body).transpose()?.unwrap_or_default())
    }

    /// Links an account to a user and ends the links of the `displaced` accounts, in one transaction. If
    /// the account is linked to another user, the link moves to this one.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if any link to the user, or the account's own link, has changed since it
    /// was read.
    pub async fn link_account(
        &self,
        practice: &PracticeId,
        link: &AccountLink<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let AccountLink { account, clinician, generation, displaced, seen, relinked, .. } = *link;
        let user = clinician.user_id;
        let former = link.former.map(|(former, _)| former);
        let (condition, values) = still_linked_to(former, generation);
        let own = link_item(practice, &LinkKey::Account(account.clone()), clinician, generation)?;
        let own = Put::builder()
            .table_name(&self.table)
            .set_item(Some(own))
            .set_expression_attribute_values((!values.is_empty()).then_some(values))
            .only_if(condition);
        let own =
            if former.is_some() { own.expression_attribute_names("#body", "body") } else { own };
        let own = own.build().map_err(|_| StoreError::Corrupt)?;
        let accounts = seen.clone().linked(account, displaced);
        let mut writes = vec![
            TransactWriteItem::builder().put(own).build(),
            self.put_accounts(practice, generation, user, seen, &accounts)?,
        ];
        if let Some((former, of_former)) = link.former.filter(|(former, _)| *former != user) {
            let left = of_former.clone().left(account);
            writes.push(self.put_accounts(practice, generation, former, of_former, &left)?);
        }
        for account in displaced {
            let displaced = LinkKey::Account(account.clone());
            writes.push(self.delete_link(practice, &displaced, generation, user)?);
        }
        for line in link.lines {
            writes.push(self.put(audit_item(practice, line)?)?);
        }
        if relinked {
            let sk = format!("{RELINKED}{}", uuid::Uuid::now_v7());
            writes.push(self.put(item(practice_key(practice), sk, &user)?)?);
            // The site check publishes the event.
            writes.extend(self.schedule_in_transaction(practice, Job::SiteHealth, now).await?);
        }
        self.transact(writes).await
    }

    /// Links a user in a platform's name, with the line of the audit trail. This changes no account's
    /// link.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the practice has moved to another Bp meanwhile.
    pub async fn link_user(
        &self,
        practice: &PracticeId,
        clinician: &Clinician,
        generation: u32,
        line: &AuditItem,
    ) -> Result<(), StoreError> {
        let link = link_item(practice, &LinkKey::User(clinician.user_id), clinician, generation)?;
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(link))
            .only_if("attribute_not_exists(generation) OR generation <= :generation")
            .expression_attribute_values(":generation", number(generation))
            .build()
            .map_err(|_| StoreError::Corrupt)?;
        let link = TransactWriteItem::builder().put(put).build();
        self.transact(vec![link, self.put(audit_item(practice, line)?)?]).await
    }

    /// Ends a link to a Bp user, with its line of the audit trail, unless the link has ended meanwhile.
    /// The account cannot be linked to this user again by its name alone. Returns whether the link was
    /// ended.
    pub async fn unlink(
        &self,
        practice: &PracticeId,
        link: &LinkKey,
        (generation, user): (u32, BpUserId),
        line: &AuditItem,
    ) -> Result<bool, StoreError> {
        for _ in 0..TRANSACTION_TRIES {
            let mut writes = vec![
                self.delete_link(practice, link, generation, user)?,
                self.put(audit_item(practice, line)?)?,
            ];
            if let LinkKey::Account(account) = link {
                let seen = self.user_accounts(practice, generation, user).await?;
                let accounts = seen.clone().ended(account);
                writes.push(self.put_accounts(practice, generation, user, &seen, &accounts)?);
            }
            match self.transact(writes).await {
                Err(StoreError::Conflict) => {}
                done => return done.map(|()| true),
            }
            let found = self.found(key(practice_key(practice), link.sort_key())).await?;
            let linked = found.as_ref().map(link_of).transpose()?;
            if linked.is_none_or(|(of, link)| (of, link.clinician.user_id) != (generation, user)) {
                return Ok(false);
            }
        }
        Err(StoreError::Unavailable { code: "busy".to_owned() })
    }

    /// Allows an account whose link to a user was ended to be linked to that user by name again, with
    /// the line of the audit trail. Returns whether its link had been ended.
    pub async fn allow_link(
        &self,
        practice: &PracticeId,
        account: &Subject,
        (generation, user): (u32, BpUserId),
        line: &AuditItem,
    ) -> Result<bool, StoreError> {
        for _ in 0..TRANSACTION_TRIES {
            let seen = self.user_accounts(practice, generation, user).await?;
            if !seen.ended.contains(account) {
                return Ok(false);
            }
            let allowed = seen.clone().allowed(account);
            let writes = vec![
                self.put_accounts(practice, generation, user, &seen, &allowed)?,
                self.put(audit_item(practice, line)?)?,
            ];
            match self.transact(writes).await {
                Err(StoreError::Conflict) => {}
                done => return done.map(|()| true),
            }
        }
        Err(StoreError::Unavailable { code: "busy".to_owned() })
    }

    fn put_accounts(
        &self,
        practice: &PracticeId,
        generation: u32,
        user: BpUserId,
        seen: &UserAccounts,
        accounts: &UserAccounts,
    ) -> Result<TransactWriteItem, StoreError> {
        let mut kept = accounts_key(practice, generation, user);
        kept.insert("body".to_owned(), serde_dynamo::to_attribute_value(accounts)?);
        kept.insert(GENERATION.to_owned(), number(generation));
        let put = Put::builder().table_name(&self.table).set_item(Some(kept));
        let put = if seen.revision == 0 {
            put.condition_expression("attribute_not_exists(pk)")
        } else {
            put.condition_expression("#body.revision = :revision")
                .expression_attribute_names("#body", "body")
                .expression_attribute_values(":revision", number(seen.revision))
        };
        let put = put.build().map_err(|_| StoreError::Corrupt)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn delete_link(
        &self,
        practice: &PracticeId,
        link: &LinkKey,
        generation: u32,
        user: BpUserId,
    ) -> Result<TransactWriteItem, StoreError> {
        // The account may have been linked to another user meanwhile, or to a user of another Bp.
        let condition = if generation == 0 {
            "#body.userId = :user AND (attribute_not_exists(generation) OR generation = :generation)"
        } else {
            "#body.userId = :user AND generation = :generation"
        };
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(key(practice_key(practice), link.sort_key())))
            .only_if(condition)
            .expression_attribute_names("#body", "body")
            .expression_attribute_values(":user", number(user.0))
            .expression_attribute_values(":generation", number(generation))
            .build()
            .map_err(|_| StoreError::Corrupt)?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    /// Changes of links that are not published yet. An item that cannot be read is left out and logged.
    pub async fn unpublished_relinks(
        &self,
        practice: &PracticeId,
    ) -> Result<Vec<UnpublishedRelink>, StoreError> {
        let found = self.beginning_with(practice, RELINKED).send().await?;
        Ok(readable(found.items(), |item| {
            Ok(UnpublishedRelink { sk: sort_key(item)?.to_owned(), user: body(item)? })
        }))
    }

    /// Deletes a change of links that was published. Call it after publishing: a crash between the two
    /// repeats the event.
    pub async fn delete_published_relink(
        &self,
        practice: &PracticeId,
        relink: &UnpublishedRelink,
    ) -> Result<(), StoreError> {
        let key = key(practice_key(practice), &relink.sk);
        self.client.delete_item().table_name(&self.table).set_key(Some(key)).send().await?;
        Ok(())
    }
}

/// The condition that an account's link is still the one that was read. A link without a number belongs
/// to the first generation: it was made before generations were counted.
fn still_linked_to(former: Option<BpUserId>, generation: u32) -> (&'static str, Item) {
    let generation_value = (":generation".to_owned(), number(generation));
    match former {
        Some(user) => (
            "#body.userId = :user AND (attribute_not_exists(generation) OR generation <= :generation)",
            Item::from([generation_value, (":user".to_owned(), number(user.0))]),
        ),
        None if generation == 0 => ("attribute_not_exists(pk)", Item::new()),
        None => (
            "attribute_not_exists(pk) OR attribute_not_exists(generation) OR generation < :generation",
            Item::from([generation_value]),
        ),
    }
}
