//! Publicly known problems of a Bp release, a build of Halo Link or a server's clock, and what users can do
//! about them. The list is a data file, because it changes more often than this program.

mod build;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use build::Build;

use crate::connection::Site;
use crate::release::ReleaseTable;

/// If a clock is off by more seconds than this (a day), the value is taken as out of date: a server with such
/// a clock could hardly connect to Halo.
const FURTHEST_OFF: u64 = 24 * 60 * 60;

/// A known problem of a practice's present releases, and what to do. It makes no request fail.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, ToSchema)]
pub struct Advisory {
    /// Stable: callers may hide an advisory that they have shown, or show a text of their own for it.
    #[schema(example = "bp-spectra-incomplete-data")]
    pub id: String,
    /// In one line.
    pub title: String,
    /// What happens.
    pub detail: String,
    /// What to do.
    pub steps: Vec<String>,
    /// Who can help.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub contact: Option<AdvisoryContact>,
    /// The address at which this is published.
    pub source: String,
}

/// Who can help.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdvisoryContact {
    /// The organisation's name.
    pub organisation: String,
    /// Where to write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub website: Option<String>,
    /// Where to ring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub phone: Option<String>,
}

/// What an advisory is about. It decides where the advisory is shown.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
pub enum Concern {
    /// Whether the practice can be reached.
    Connection,
    /// What a clinical record lacks.
    ClinicalSummary,
}

/// An advisory and the sites that it concerns. All given conditions must hold.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Entry {
    id: String,
    title: String,
    detail: String,
    steps: Vec<String>,
    contact: Option<AdvisoryContact>,
    source: String,
    concerns: Vec<Concern>,
    /// Bp releases, by the names and the order of the table of releases.
    bp: Option<Releases>,
    /// Builds of Halo Link.
    halo_link: Option<Builds>,
    /// By how many seconds the server's clock is off.
    clock_off_by_more_than_seconds: Option<u64>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Releases {
    from: Option<String>,
    before: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Builds {
    from: Option<Build>,
    before: Option<Build>,
}

#[derive(Clone, Debug)]
pub struct Advisories(Vec<Entry>);

impl Advisories {
    /// Reads a list and checks that it is consistent.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn parse(json: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            advisories: Vec<Entry>,
        }
        let entries =
            serde_json::from_str::<File>(json).map_err(|error| error.to_string())?.advisories;
        let mut ids = HashSet::new();
        for entry in &entries {
            let wrong = |what: &str| Err(format!("\"{}\" {what}", entry.id));
            let texts = [&entry.id, &entry.title, &entry.detail, &entry.source];
            if texts
                .iter()
                .chain(&entry.steps.iter().collect::<Vec<_>>())
                .any(|t| t.trim().is_empty())
            {
                return wrong("has an empty text");
            }
            if !ids.insert(&entry.id) {
                return wrong("is there twice");
            }
            if entry.steps.is_empty() || entry.concerns.is_empty() {
                return wrong("lacks steps or says nothing of what it concerns");
            }
            let open = |range: Option<(bool, bool)>| range == Some((false, false));
            if open(entry.bp.as_ref().map(|of| (of.from.is_some(), of.before.is_some())))
                || open(entry.halo_link.as_ref().map(|of| (of.from.is_some(), of.before.is_some())))
            {
                return wrong("has a range without from and before");
            }
            let never = (&entry.bp, &entry.halo_link, entry.clock_off_by_more_than_seconds);
            if matches!(never, (None, None, None)) {
                return wrong("concerns everybody: name bp, haloLink or clockOffByMoreThanSeconds");
            }
        }
        Ok(Self(entries))
    }

    /// Checks that the table contains every release that the list names. An unknown name would match no site.
    ///
    /// # Errors
    /// Names the first release that the table does not contain.
    pub fn check_releases(&self, releases: &ReleaseTable) -> Result<(), String> {
        let named = self.0.iter().filter_map(|entry| entry.bp.as_ref());
        for name in named.flat_map(|of| [&of.from, &of.before]).flatten() {
            if !releases.knows(name) {
                return Err(format!("\"{name}\" is not among the releases"));
            }
        }
        Ok(())
    }

    /// The advisories for a site. An unknown version, or one in an unknown form, matches no condition on it.
    #[must_use]
    pub fn about(&self, concern: Concern, site: &Site, releases: &ReleaseTable) -> Vec<Advisory> {
        let concerned = |entry: &&Entry| {
            entry.concerns.contains(&concern)
                && entry.bp.as_ref().is_none_or(|of| of.hold(site, releases))
                && entry.halo_link.as_ref().is_none_or(|of| of.hold(site))
                && entry.clock_off_by_more_than_seconds.is_none_or(|limit| is_off(site, limit))
        };
        self.0.iter().filter(concerned).map(Entry::advisory).collect()
    }
}

impl Entry {
    fn advisory(&self) -> Advisory {
        let Self { id, title, detail, steps, contact, source, .. } = self.clone();
        Advisory { id, title, detail, steps, contact, source }
    }
}

impl Releases {
    fn hold(&self, site: &Site, releases: &ReleaseTable) -> bool {
        let (from, before) = (self.from.as_deref(), self.before.as_deref());
        site.pms_version.as_ref().is_some_and(|version| releases.is_within(version, from, before))
    }
}

impl Builds {
    fn hold(&self, site: &Site) -> bool {
        let build = site.halo_link_version.as_deref().and_then(|text| Build::parse(text).ok());
        build.is_some_and(|build| {
            self.from.as_ref().is_none_or(|from| build.is_at_least(from) == Some(true))
                && self.before.as_ref().is_none_or(|end| build.is_at_least(end) == Some(false))
        })
    }
}

fn is_off(site: &Site, limit: u64) -> bool {
    site.clock_ahead_seconds.is_some_and(|ahead| {
        let off = ahead.unsigned_abs();
        off > limit && off <= FURTHEST_OFF
    })
}

#[cfg(test)]
mod tests;
