//! A practice: its connection, its clinicians, its settings.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::clinician::Clinician;
use domain::connection::{Availability, Connection, Site, Standing};
use domain::ids::{BpUserId, PracticeId, Subject};
use domain::schedule::Job;
use domain::settings::Settings;
use jiff::Timestamp;

use crate::item::{
    CLINICIAN, CONNECTION, PAIRING, SETTINGS, body, item, key, practice_key, sort_key, text,
};
use crate::pairing::Attempt;
use crate::{Store, StoreError};

/// How we stood when platforms were last told; beside the connection, which a new pairing replaces.
const TOLD: &str = "told";

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
}

/// Everything that is kept of a practice, read at one moment.
#[derive(Clone, Debug, Default)]
pub struct PracticeRecord {
    /// The connection, if there ever was one.
    pub connection: Option<Connection>,
    /// Linked clinicians, each Bp user once, in the order of their ids.
    pub clinicians: Vec<Clinician>,
    /// A pairing being asked for.
    pub attempt: Option<Attempt>,
    /// Settings, as chosen or untouched.
    pub settings: Settings,
}

impl Store {
    /// Reads a practice. One query, consistent.
    ///
    /// # Errors
    /// When the table gives no answer.
    pub async fn practice(&self, practice: &PracticeId) -> Result<PracticeRecord, StoreError> {
        let found = self.partition(practice_key(practice)).send().await?;
        let mut record = PracticeRecord::default();
        for item in found.items() {
            match sort_key(item)? {
                CONNECTION => record.connection = Some(body(item)?),
                PAIRING => record.attempt = Some(body(item)?),
                SETTINGS => record.settings = body(item)?,
                sk if sk.starts_with(CLINICIAN) => record.clinicians.push(body(item)?),
                _ => {}
            }
        }
        record.clinicians.sort_by_key(|clinician| clinician.user_id);
        record.clinicians.dedup_by_key(|clinician| clinician.user_id);
        Ok(record)
    }

    /// Reads a practice's connection alone. One get, consistent: a disconnected practice must not
    /// be read from a moment later.
    ///
    /// # Errors
    /// When the table gives no answer.
    pub async fn connection(
        &self,
        practice: &PracticeId,
    ) -> Result<Option<Connection>, StoreError> {
        let found = self.found(key(practice_key(practice), CONNECTION)).await?;
        found.as_ref().map(body).transpose()
    }

    /// Links a clinician. The same account linked again is moved to the other Bp user.
    ///
    /// # Errors
    /// When the table gives no answer.
    pub async fn link(
        &self,
        practice: &PracticeId,
        link: &LinkKey,
        clinician: &Clinician,
    ) -> Result<(), StoreError> {
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item(practice_key(practice), link.sort_key(), clinician)?))
            .send()
            .await?;
        Ok(())
    }

    /// Records what Halo now says of the site, and how we stand, unless the connection has meanwhile
    /// become another one. Only what differs from what was seen is written: the rest others may know
    /// better by now.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it has.
    pub async fn refresh(
        &self,
        practice: &PracticeId,
        seen: &Connection,
        site: &Site,
        standing: Standing,
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
            // The answer to an earlier try may have been lost.
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
            .condition_expression(condition)
            .send()
            .await?;
        if standing != seen.standing {
            self.tell_standing_soon(practice).await?;
        }
        if is_back(seen, site, standing) {
            // Its appointment book may have been changed, or put back from a backup, meanwhile.
            self.hasten(practice, Job::Reconcile).await?;
        }
        Ok(())
    }

    /// Disconnects a practice; doing so twice, or without a connection, changes nothing.
    ///
    /// # Errors
    /// When the table gives no answer.
    pub async fn disconnect(&self, practice: &PracticeId) -> Result<(), StoreError> {
        let outcome = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(practice_key(practice), CONNECTION)))
            .update_expression("SET #body.standing = :disconnected")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#body", "body")
            .expression_attribute_values(
                ":disconnected",
                serde_dynamo::to_attribute_value(Standing::Disconnected)?,
            )
            .send()
            .await
            .map_err(StoreError::from);
        match outcome {
            Ok(_) => self.tell_standing_soon(practice).await,
            Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Has the practice's site looked at within a minute or so: whoever looks tells platforms how we
    /// stand now. Should this be lost, the site's next regular look tells them.
    async fn tell_standing_soon(&self, practice: &PracticeId) -> Result<(), StoreError> {
        self.schedule(practice, Job::SiteHealth, Timestamp::now()).await
    }

    /// How we stand with a practice, if platforms have not been told so.
    ///
    /// # Errors
    /// When the table gives no answer.
    pub async fn untold_standing(
        &self,
        practice: &PracticeId,
    ) -> Result<Option<Standing>, StoreError> {
        let found = self.found(key(practice_key(practice), CONNECTION)).await?;
        let Some(item) = &found else { return Ok(None) };
        let told: Option<Standing> =
            item.get(TOLD).cloned().map(serde_dynamo::from_attribute_value).transpose()?;
        let standing = body::<Connection>(item)?.standing;
        Ok((told != Some(standing)).then_some(standing))
    }

    /// Remembers what platforms have been told. Comes after the telling, so that a crash between the
    /// two repeats it. A new pairing forgets it.
    ///
    /// # Errors
    /// When the table gives no answer.
    pub async fn standing_told(
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
            .update_expression("SET #told = :standing")
            // What changed meanwhile is still to be told.
            .condition_expression("#body.standing = :standing")
            .expression_attribute_names("#told", TOLD)
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

    /// Replaces a practice's settings.
    ///
    /// # Errors
    /// When the table gives no answer.
    pub async fn save_settings(
        &self,
        practice: &PracticeId,
        settings: &Settings,
    ) -> Result<(), StoreError> {
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item(practice_key(practice), SETTINGS, settings)?))
            .send()
            .await?;
        Ok(())
    }

    /// Keys of the clinicians' items, for a connection that moves to another site.
    pub(crate) async fn clinician_keys(
        &self,
        practice: &PracticeId,
    ) -> Result<Vec<AttributeValue>, StoreError> {
        let found = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND begins_with(sk, :clinician)")
            .expression_attribute_values(":pk", text(practice_key(practice)))
            .expression_attribute_values(":clinician", text(CLINICIAN))
            .projection_expression("sk")
            .send()
            .await?;
        Ok(found.items().iter().filter_map(|item| item.get("sk").cloned()).collect())
    }
}

/// Whether a practice can be asked again that could not be, or runs another Bp release.
fn is_back(seen: &Connection, site: &Site, standing: Standing) -> bool {
    let away = matches!(seen.site.availability, Availability::Offline | Availability::Unreachable);
    let online = site.availability == Availability::Online;
    standing == Standing::Paired
        && online
        && (away || seen.standing != Standing::Paired || seen.site.pms_version != site.pms_version)
}

#[cfg(test)]
mod tests {
    use domain::ids::{HaloGuid, SiteId};

    use super::*;

    #[test]
    fn a_practice_is_back_when_it_can_be_asked_again_or_was_upgraded() {
        let site = |availability, version: &str| Site {
            halo_guid: HaloGuid(uuid::Uuid::from_u128(7)),
            practice_name: None,
            pms_version: Some(version.to_owned()),
            halo_link_version: None,
            last_heartbeat: None,
            availability,
        };
        let seen = |availability, standing| Connection {
            site_id: SiteId::parse("70999").unwrap(),
            site: site(availability, "Spectra"),
            standing,
            paired_at: Timestamp::UNIX_EPOCH,
        };
        use Availability::{Offline, Online, Unreachable};
        use Standing::{Paired, Revoked};
        let back = |before: &Connection, now, version| is_back(before, &site(now, version), Paired);
        assert!(back(&seen(Offline, Paired), Online, "Spectra"));
        assert!(back(&seen(Unreachable, Paired), Online, "Spectra"));
        assert!(back(&seen(Online, Revoked), Online, "Spectra"));
        assert!(back(&seen(Online, Paired), Online, "Spectra SP1"));
        assert!(!back(&seen(Online, Paired), Online, "Spectra"));
        assert!(!back(&seen(Online, Paired), Offline, "Spectra SP1"));
        assert!(!is_back(&seen(Offline, Paired), &site(Online, "Spectra"), Revoked));
    }
}
