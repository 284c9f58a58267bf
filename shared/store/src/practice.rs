//! A practice: its connection, its clinicians, its settings.

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem, Update};
use domain::clinician::Clinician;
use domain::connection::{Availability, Connection, Site, Standing};
use domain::ids::{BpUserId, PracticeId, Subject};
use domain::schedule::Job;
use domain::settings::Settings;
use jiff::Timestamp;

use crate::error::StoreError;
use crate::format::KnownFormatOnly;
use crate::item::{
    CLINICIAN, CONNECTION, PAIRING, SETTINGS, body, item, key, number, practice_key, sort_key, text,
};
use crate::links::{Link, LinkKey, link_of};
use crate::table::Store;

/// The standing that platforms last received an event about. It is an attribute beside the connection. A
/// new pairing removes it.
const PUBLISHED_STANDING: &str = "told";

/// How often a standing was published since the pairing.
const TIMES_PUBLISHED: &str = "toldTimes";

/// A standing that platforms have not received an event about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnpublishedStanding {
    /// How the connection stands now.
    pub standing: Standing,
    /// Distinguishes this change from earlier and later ones. A repeated publication has the same.
    pub change: String,
}

/// All that is stored of a practice, read at one moment.
#[derive(Clone, Debug, Default)]
pub struct PracticeRecord {
    /// The connection, if there ever was one.
    pub connection: Option<Connection>,
    /// Links that are valid for the connection. Links to an earlier site are left out.
    pub links: Vec<Link>,
    /// The chosen settings, or the defaults.
    pub settings: Settings,
}

/// A practice's settings as they are stored.
#[derive(Clone, Debug, Default)]
pub struct KeptSettings {
    /// The chosen settings, or the defaults.
    pub settings: Settings,
    /// The stored form. `None` if nothing is stored.
    stored: Option<AttributeValue>,
}

impl PracticeRecord {
    /// Linked clinicians: each Bp user once, in the order of their ids. The digits of a provider number
    /// prove who somebody is, so they are only shown for the caller's own links.
    #[must_use]
    pub fn clinicians(&self, is_own: impl Fn(&LinkKey) -> bool) -> Vec<Clinician> {
        let mut links: Vec<_> = self.links.iter().map(|link| (is_own(&link.key), link)).collect();
        links.sort_by_key(|(own, link)| (link.clinician.user_id, !own));
        links.dedup_by_key(|(_, link)| link.clinician.user_id);
        let shown = links.into_iter().map(|(own, link)| {
            let digits = link.clinician.provider_number_prefix.clone().filter(|_| own);
            Clinician { provider_number_prefix: digits, ..link.clinician.clone() }
        });
        shown.collect()
    }

    /// The user that an account is linked to.
    #[must_use]
    pub fn linked(&self, account: &Subject) -> Option<&Clinician> {
        let is_own = |link: &&Link| matches!(&link.key, LinkKey::Account(of) if of == account);
        self.links.iter().find(is_own).map(|link| &link.clinician)
    }

    /// Accounts other than this one that are linked to a user.
    #[must_use]
    pub fn others_linked_to(&self, user: BpUserId, account: &Subject) -> Vec<Subject> {
        let to_user = self.links.iter().filter(|link| link.clinician.user_id == user);
        to_user
            .filter_map(|link| match &link.key {
                LinkKey::Account(of) if of != account => Some(of.clone()),
                _ => None,
            })
            .collect()
    }
}

impl Store {
    /// Reads a practice, consistently. Costs one query for every megabyte, which holds some thousand
    /// links.
    pub async fn practice(&self, practice: &PracticeId) -> Result<PracticeRecord, StoreError> {
        let mut record = PracticeRecord::default();
        let mut links = Vec::new();
        let mut start = None;
        loop {
            let page = self.partition(practice_key(practice));
            let page = page.set_exclusive_start_key(start).send().await?;
            for item in page.items() {
                match sort_key(item)? {
                    CONNECTION => record.connection = Some(body(item)?),
                    SETTINGS => record.settings = body(item)?,
                    sk if sk.starts_with(CLINICIAN) => links.push(link_of(item)?),
                    _ => {}
                }
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        let generation = record.connection.as_ref().map_or(0, |connection| connection.generation);
        record.links =
            links.into_iter().filter(|(of, _)| *of == generation).map(|(_, link)| link).collect();
        Ok(record)
    }

    /// Reads only a practice's connection. One consistent read: after a disconnection, nothing more may
    /// be read from the practice.
    pub async fn connection(
        &self,
        practice: &PracticeId,
    ) -> Result<Option<Connection>, StoreError> {
        let found = self.found(key(practice_key(practice), CONNECTION)).await?;
        found.as_ref().map(body).transpose()
    }

    /// Stores what Halo now says of the site, and the standing, unless the connection has been replaced
    /// meanwhile. Writes only what differs from what was read, because others may have written newer
    /// values of the rest.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the connection has been replaced.
    pub async fn refresh(
        &self,
        practice: &PracticeId,
        seen: &Connection,
        site: &Site,
        standing: Standing,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let value = |standing: Standing| serde_dynamo::to_attribute_value(standing);
        let mut set = Vec::new();
        let mut condition = "#body.siteId = :siteId AND #body.pairedAt = :pairedAt \
            AND (#body.#site.haloGuid = :seenGuid OR #body.#site.haloGuid = :guid) \
            AND #body.standing <> :disconnected"
            .to_owned();
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(practice_key(practice), CONNECTION)))
            .expression_attribute_names("#body", "body")
            .expression_attribute_names("#site", "site")
            .expression_attribute_values(":siteId", text(seen.site_id.as_str()))
            .expression_attribute_values(
                ":pairedAt",
                serde_dynamo::to_attribute_value(seen.paired_at)?,
            )
            .expression_attribute_values(
                ":seenGuid",
                serde_dynamo::to_attribute_value(seen.site.halo_guid)?,
            )
            .expression_attribute_values(":guid", serde_dynamo::to_attribute_value(site.halo_guid)?)
            .expression_attribute_values(":disconnected", value(Standing::Disconnected)?);
        if *site != seen.site {
            set.push("#body.#site = :site");
            update = update
                .expression_attribute_values(":site", serde_dynamo::to_attribute_value(site)?);
        }
        if standing != seen.standing {
            set.push("#body.standing = :standing");
            // An earlier try of this call may have been written although its answer was lost.
            condition += " AND (#body.standing = :seen OR #body.standing = :standing)";
            update = update
                .expression_attribute_values(":seen", value(seen.standing)?)
                .expression_attribute_values(":standing", value(standing)?);
        }
        if set.is_empty() {
            return Ok(());
        }
        update
            .update_expression(format!("SET {}", set.join(", ")))
            .only_if(&condition)
            .send()
            .await?;
        if standing != seen.standing {
            self.publish_standing_soon(practice, now).await?;
        }
        if is_back(seen, site, standing) {
            // The appointment book may have been changed meanwhile, or restored from a backup.
            self.bring_forward(practice, Job::Reconcile, now).await?;
        }
        Ok(())
    }

    /// Disconnects a practice and ends its pairing attempt. An answer of Halo that arrives afterwards
    /// does not connect the practice. A second call, or a call for a practice without a connection,
    /// changes nothing.
    pub async fn disconnect(
        &self,
        practice: &PracticeId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if self.end_connection(practice, now).await? {
            return Ok(());
        }
        // There was no connection. An attempt to make the first one must end too.
        self.transact(vec![self.delete_attempt(practice)?]).await?;
        // The attempt may have succeeded just before.
        if self.connection(practice).await?.is_some() {
            self.end_connection(practice, now).await?;
        }
        Ok(())
    }

    /// Ends the connection and the attempt in one transaction. Returns whether there was a connection.
    async fn end_connection(
        &self,
        practice: &PracticeId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let attempt = self.delete_attempt(practice)?;
        let connection = self
            .ending(practice, "attribute_exists(pk)")?
            .build()
            .map_err(|_| StoreError::Corrupt)?;
        let connection = TransactWriteItem::builder().update(connection).build();
        let delisted = self.delist_practice(practice)?;
        match self.transact(vec![attempt, connection, delisted]).await {
            Ok(()) => {
                self.publish_standing_soon(practice, now).await?;
                Ok(true)
            }
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Disconnects a practice if its connection is the one of this pairing. An attempt that is under way goes on: it
    /// has a code of its own.
    pub async fn disconnect_if_paired_at(
        &self,
        practice: &PracticeId,
        paired_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let connection = self
            .ending(practice, "#body.pairedAt = :pairedAt")?
            .expression_attribute_values(":pairedAt", serde_dynamo::to_attribute_value(paired_at)?)
            .build()
            .map_err(|_| StoreError::Corrupt)?;
        let connection = TransactWriteItem::builder().update(connection).build();
        match self.transact(vec![connection, self.delist_practice(practice)?]).await {
            Ok(()) => self.publish_standing_soon(practice, now).await,
            Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The update that ends a connection.
    fn ending(&self, practice: &PracticeId, condition: &str) -> Result<UpdateBuilder, StoreError> {
        Ok(Update::builder()
            .table_name(&self.table)
            .set_key(Some(key(practice_key(practice), CONNECTION)))
            .update_expression("SET #body.standing = :disconnected")
            .only_if(condition)
            .expression_attribute_names("#body", "body")
            .expression_attribute_values(
                ":disconnected",
                serde_dynamo::to_attribute_value(Standing::Disconnected)?,
            ))
    }

    /// The write that ends an attempt of any format: nobody may connect the practice after this.
    fn delete_attempt(&self, practice: &PracticeId) -> Result<TransactWriteItem, StoreError> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(key(practice_key(practice), PAIRING)))
            .build()
            .map_err(|_| StoreError::Corrupt)?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    /// Makes the practice's site check due within about a minute. The check publishes the present
    /// standing. If this write is lost, the next regular check publishes it.
    async fn publish_standing_soon(
        &self,
        practice: &PracticeId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.schedule(practice, Job::SiteHealth, now).await
    }

    /// The connection's standing, if platforms have not received an event about it.
    pub async fn unpublished_standing(
        &self,
        practice: &PracticeId,
    ) -> Result<Option<UnpublishedStanding>, StoreError> {
        let found = self.found(key(practice_key(practice), CONNECTION)).await?;
        let Some(item) = &found else { return Ok(None) };
        let published: Option<Standing> = item
            .get(PUBLISHED_STANDING)
            .cloned()
            .map(serde_dynamo::from_attribute_value)
            .transpose()?;
        let Connection { standing, paired_at, .. } = body::<Connection>(item)?;
        let times = item.get(TIMES_PUBLISHED).and_then(|times| times.as_n().ok());
        let change = format!("{paired_at}#{}", times.map_or("0", String::as_str));
        Ok((published != Some(standing)).then_some(UnpublishedStanding { standing, change }))
    }

    /// Stores that the standing was published. Call it after publishing: a crash between the two repeats
    /// the event. A new pairing removes it.
    pub async fn set_standing_published(
        &self,
        practice: &PracticeId,
        standing: Standing,
    ) -> Result<(), StoreError> {
        let told = serde_dynamo::to_attribute_value(standing)?;
        let outcome = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(practice_key(practice), CONNECTION)))
            .update_expression("SET #told = :standing ADD #times :one")
            // If the standing has changed meanwhile, the new one is not published yet.
            .only_if("#body.standing = :standing")
            .expression_attribute_names("#told", PUBLISHED_STANDING)
            .expression_attribute_names("#times", TIMES_PUBLISHED)
            .expression_attribute_values(":one", number(1))
            .expression_attribute_names("#body", "body")
            .expression_attribute_values(":standing", told)
            .send()
            .await
            .map_err(StoreError::from);
        match outcome {
            Ok(_) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// A practice's settings, with the form in which they are stored. One consistent read.
    pub async fn settings(&self, practice: &PracticeId) -> Result<KeptSettings, StoreError> {
        let found = self.found(key(practice_key(practice), SETTINGS)).await?;
        let Some(item) = found else { return Ok(KeptSettings::default()) };
        Ok(KeptSettings { settings: body(&item)?, stored: item.get("body").cloned() })
    }

    /// Replaces a practice's settings. If `seen` is given, only if they are stored as they were seen.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if they have changed.
    pub async fn save_settings(
        &self,
        practice: &PracticeId,
        settings: &Settings,
        seen: Option<&KeptSettings>,
    ) -> Result<(), StoreError> {
        let wanted = item(practice_key(practice), SETTINGS, settings)?;
        let stored = wanted.get("body").cloned();
        let put = self.client.put_item().table_name(&self.table).set_item(Some(wanted));
        let Some(seen) = seen else {
            put.known_format_only().send().await?;
            return Ok(());
        };
        let put = match &seen.stored {
            None => put.only_if("attribute_not_exists(pk) OR #body = :wanted"),
            Some(body) => put
                .only_if("#body = :seen OR #body = :wanted")
                .expression_attribute_values(":seen", body.clone()),
        };
        // An earlier try of this call may have been written although its answer was lost.
        put.expression_attribute_names("#body", "body")
            .expression_attribute_values(":wanted", stored.ok_or(StoreError::Corrupt)?)
            .send()
            .await?;
        Ok(())
    }
}

/// Whether a practice that could not be queried can be queried again, or has another Bp release.
fn is_back(seen: &Connection, site: &Site, standing: Standing) -> bool {
    let away = matches!(seen.site.availability, Availability::Offline | Availability::Unreachable);
    let online = site.availability == Availability::Online;
    standing == Standing::Paired
        && online
        && (away || seen.standing != Standing::Paired || seen.site.pms_version != site.pms_version)
}

#[cfg(test)]
mod tests;
