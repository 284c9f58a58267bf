//! Links of clinicians: which account is which user of Bp, for which generation of the connection.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, KeysAndAttributes, TransactWriteItem};
use domain::clinician::Clinician;
use domain::connection::Connection;
use domain::ids::{BpUserId, PracticeId, Subject};
use domain::schedule::Job;
use jiff::Timestamp;

use crate::item::{
    CLINICIAN, CONNECTION, Item, RELINKED, body, item, key, number, practice_key, sort_key, text,
};
use crate::schedule::turn;
use crate::{Store, StoreError};

/// Under what a link is kept: a person has one, a platform's server links many people.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum LinkKey {
    /// The person's account.
    Account(Subject),
    /// The Bp user, linked by a platform's server.
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

/// Under which generation of the connection a link was made; an attribute beside the body.
const GENERATION: &str = "generation";

/// A clinician's link that holds for the present connection.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Link {
    /// Who linked.
    pub key: LinkKey,
    /// To whom.
    pub clinician: Clinician,
}

/// A change of links that platforms have not been told of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UntoldRelink {
    sk: String,
    /// The user who is linked now.
    pub user: BpUserId,
}

impl Store {
    /// Reads a practice's connection, and whom an account is linked to for it. One call, consistent.
    ///
    /// # Errors
    /// When the table gives no answer.
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

    /// Links a clinician for a generation of the practice's connection. The same account linked again
    /// is moved to the other Bp user, and the `displaced` accounts lose theirs. `relinked` says that
    /// platforms are to be told of it.
    ///
    /// # Errors
    /// When the table gives no answer.
    pub async fn link(
        &self,
        practice: &PracticeId,
        link: &LinkKey,
        clinician: &Clinician,
        generation: u32,
        displaced: &[Subject],
        relinked: bool,
    ) -> Result<(), StoreError> {
        let mut kept = item(practice_key(practice), link.sort_key(), clinician)?;
        kept.insert(GENERATION.to_owned(), number(generation));
        let mut writes = vec![self.put(kept)?];
        // A transaction holds a hundred writes; nobody has as many impostors.
        for account in displaced.iter().take(90) {
            let former = LinkKey::Account(account.clone()).sort_key();
            let delete = Delete::builder()
                .table_name(&self.table)
                .set_key(Some(key(practice_key(practice), former)))
                .build()
                .map_err(|_| StoreError::Corrupt)?;
            writes.push(TransactWriteItem::builder().delete(delete).build());
        }
        if relinked {
            let sk = format!("{RELINKED}{}", uuid::Uuid::now_v7());
            writes.push(self.put(item(practice_key(practice), sk, &clinician.user_id)?)?);
            // Whoever looks at the site tells platforms.
            writes.push(self.put(turn(practice, Job::SiteHealth, Timestamp::now()))?);
        }
        self.transact(writes).await
    }

    /// Ends an account's own link to a Bp user. Whether there was one.
    ///
    /// # Errors
    /// When the table gives no answer.
    pub async fn unlink_account(
        &self,
        practice: &PracticeId,
        account: &Subject,
        user: BpUserId,
    ) -> Result<bool, StoreError> {
        self.unlink(practice, &LinkKey::Account(account.clone()), user).await
    }

    /// Ends a link to a Bp user. Whether there was one.
    ///
    /// # Errors
    /// When the table gives no answer.
    pub async fn unlink(
        &self,
        practice: &PracticeId,
        link: &LinkKey,
        user: BpUserId,
    ) -> Result<bool, StoreError> {
        let deleted = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key(practice_key(practice), link.sort_key())))
            // The account may have been linked to somebody else meanwhile.
            .condition_expression("#body.userId = :user")
            .expression_attribute_names("#body", "body")
            .expression_attribute_values(":user", number(user.0))
            .send()
            .await
            .map_err(StoreError::from);
        match deleted {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Changes of links that platforms have not been told of.
    ///
    /// # Errors
    /// When the table gives no answer.
    pub async fn untold_relinks(
        &self,
        practice: &PracticeId,
    ) -> Result<Vec<UntoldRelink>, StoreError> {
        let found = self.beginning_with(practice, RELINKED).send().await?;
        found
            .items()
            .iter()
            .map(|item| Ok(UntoldRelink { sk: sort_key(item)?.to_owned(), user: body(item)? }))
            .collect()
    }

    /// Forgets a change of links. Comes after the telling, so that a crash between the two repeats it.
    ///
    /// # Errors
    /// When the table gives no answer.
    pub async fn relink_told(
        &self,
        practice: &PracticeId,
        told: &UntoldRelink,
    ) -> Result<(), StoreError> {
        let key = key(practice_key(practice), &told.sk);
        self.client.delete_item().table_name(&self.table).set_key(Some(key)).send().await?;
        Ok(())
    }

    /// Deletes at most `most` links that were made for an earlier site. They hold no more, whether or
    /// not they are still there. Whether there may be more of them.
    ///
    /// # Errors
    /// When the table gives no answer.
    pub async fn forget_former_links(
        &self,
        practice: &PracticeId,
        most: usize,
    ) -> Result<bool, StoreError> {
        let Some(connection) = self.connection(practice).await? else { return Ok(false) };
        let generation = i64::from(connection.generation);
        if generation == 0 {
            return Ok(false);
        }
        let found = self
            .beginning_with(practice, CLINICIAN)
            .filter_expression("attribute_not_exists(generation) OR generation < :generation")
            .expression_attribute_values(":generation", number(generation))
            .projection_expression("sk")
            .send()
            .await?;
        let former: Vec<_> = found.items().iter().take(most).collect();
        for item in &former {
            let former = key(practice_key(practice), sort_key(item)?);
            let deleted = self
                .client
                .delete_item()
                .table_name(&self.table)
                .set_key(Some(former))
                // Somebody may have linked anew meanwhile.
                .condition_expression(
                    "attribute_not_exists(generation) OR generation < :generation",
                )
                .expression_attribute_values(":generation", number(generation))
                .send()
                .await
                .map_err(StoreError::from);
            match deleted {
                Ok(_) | Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(former.len() < found.items().len() || found.last_evaluated_key().is_some())
    }

    fn beginning_with(&self, practice: &PracticeId, prefix: &str) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", text(practice_key(practice)))
            .expression_attribute_values(":prefix", text(prefix))
    }
}

/// A link, with the generation of the connection that it was made for. Links of before generations
/// were counted are of the first one.
pub(crate) fn link_of(item: &Item) -> Result<(u32, Link), StoreError> {
    let generation = match item.get(GENERATION).map(AttributeValue::as_n) {
        Some(Ok(number)) => number.parse().map_err(|_| StoreError::Corrupt)?,
        Some(Err(_)) => return Err(StoreError::Corrupt),
        None => 0,
    };
    let key = LinkKey::parse(sort_key(item)?).ok_or(StoreError::Corrupt)?;
    Ok((generation, Link { key, clinician: body(item)? }))
}
