//! How many requests callers may send within a window. There are limits for a person, for all people of a practice, for
//! a platform's servers at one practice, and for all servers of a platform. So nobody uses up what belongs to another.
//!
//! Each process takes a part of a limit, a share, from the table and uses it up in memory. So the limit holds for all
//! processes together, and most requests cost no call of the table.

use jiff::{SignedDuration, Timestamp};

use crate::ids::{PlatformId, PracticeId, Subject};

/// Requests that are counted together.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum RequestKind {
    /// Searches for patients and reads of their records.
    Records,
    /// Other reads that query Bp.
    Queries,
    /// Checks of a Bp Site ID.
    Validations,
    /// Documents that are announced for upload.
    Uploads,
    /// Everything that changes something.
    Writes,
    /// All other reads.
    Reads,
}

impl RequestKind {
    /// The beginning of the names of its limits.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Records => "records",
            Self::Queries => "queries",
            Self::Validations => "validations",
            Self::Uploads => "uploads",
            Self::Writes => "writes",
            Self::Reads => "reads",
        }
    }
}

/// How many requests of one kind are allowed within a window. 0 means any number.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Allowance {
    /// For one person.
    pub person: u32,
    /// For all people of a practice together, and as many again for the platform's servers at this practice.
    pub practice: u32,
    /// For all servers of a platform together.
    pub platform: u32,
}

/// The allowances of all kinds of requests. By default there is no limit.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Allowances {
    /// [`RequestKind::Records`].
    pub records: Allowance,
    /// [`RequestKind::Queries`].
    pub queries: Allowance,
    /// [`RequestKind::Validations`].
    pub validations: Allowance,
    /// [`RequestKind::Uploads`].
    pub uploads: Allowance,
    /// [`RequestKind::Writes`].
    pub writes: Allowance,
    /// [`RequestKind::Reads`].
    pub reads: Allowance,
}

impl Allowances {
    /// The allowance of this kind.
    #[must_use]
    pub const fn of(&self, kind: RequestKind) -> Allowance {
        match kind {
            RequestKind::Records => self.records,
            RequestKind::Queries => self.queries,
            RequestKind::Validations => self.validations,
            RequestKind::Uploads => self.uploads,
            RequestKind::Writes => self.writes,
            RequestKind::Reads => self.reads,
        }
    }
}

/// Who shares a limit.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Whose {
    /// One person of a practice.
    Person(PracticeId, Subject),
    /// All people of a practice.
    People(PracticeId),
    /// The platform's servers, in requests for this practice.
    Servers(PracticeId),
    /// All servers of a platform.
    Platform(PlatformId),
}

impl Whose {
    /// The end of a limit's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Person(..) => "person",
            Self::People(_) | Self::Servers(_) => "practice",
            Self::Platform(_) => "platform",
        }
    }
}

/// What is counted together in one window.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Limit {
    /// Which requests.
    pub kind: RequestKind,
    /// Whose requests.
    pub whose: Whose,
}

impl Limit {
    /// The limit's name, such as `records-person`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}-{}", self.kind.name(), self.whose.name())
    }
}

/// A quarter of an hour, beginning with the hour in UTC.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Window {
    begins: i64,
}

impl Window {
    /// How long requests are counted together. A person who has met a limit waits at most this long.
    pub const LENGTH: SignedDuration = SignedDuration::from_mins(15);
    const SECONDS: i64 = Self::LENGTH.as_secs();

    /// The window at this time.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self { begins: now.as_second() - now.as_second().rem_euclid(Self::SECONDS) }
    }

    /// When it begins, in seconds since 1970.
    #[must_use]
    pub const fn begins(self) -> i64 {
        self.begins
    }

    /// In how many seconds it ends, at least 1.
    #[must_use]
    pub fn ends_in(self, now: Timestamp) -> u64 {
        let left = self.begins + Self::SECONDS - now.as_second();
        u64::try_from(left).unwrap_or_default().max(1)
    }
}

/// The first share of a process. Most processes serve a caller only a few times in a window.
const FIRST_SHARE: u32 = 4;
/// A share is at most this part of the limit.
const LARGEST_PART: u32 = 16;
/// A share is at most this part of what is left, so that the processes share the end of the limit evenly.
const LARGEST_PART_OF_REST: u32 = 8;

/// How much a process takes next, after it used up `last`. The shares double, because a process that serves a
/// caller often will do so again. `taken` is what all processes have taken. 0 if nothing is left.
#[must_use]
pub fn next_share(limit: u32, taken: u32, last: u32) -> u32 {
    let left = limit.saturating_sub(taken);
    let wanted = if last == 0 { FIRST_SHARE } else { last.saturating_mul(2) };
    wanted.min(limit / LARGEST_PART).min(left / LARGEST_PART_OF_REST).max(1).min(left)
}

/// Whether this share took more than half of the limit. Exactly one share of a window does.
#[must_use]
pub const fn passes_half(limit: u32, taken: u32, share: u32) -> bool {
    let half = limit.div_ceil(2);
    taken >= half && taken.saturating_sub(share) < half
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_double_and_become_small_again_at_the_end_of_a_limit() {
        let (mut taken, mut last, mut shares) = (0, 0, Vec::new());
        while taken < 200 {
            last = next_share(200, taken, last);
            taken += last;
            shares.push(last);
        }
        assert_eq!(taken, 200, "a limit is used up exactly");
        assert_eq!(shares[..4], [4, 8, 12, 12]);
        assert_eq!(shares.last(), Some(&1));
        assert_eq!(next_share(200, 200, 12), 0);
        assert_eq!(next_share(1, 0, 0), 1, "the smallest limit lets one request through");
    }

    #[test]
    fn one_share_of_a_window_passes_half() {
        let (mut taken, mut last, mut passed) = (0, 0, 0);
        while taken < 201 {
            last = next_share(201, taken, last);
            taken += last;
            passed += u32::from(passes_half(201, taken, last));
        }
        assert_eq!(passed, 1);
    }

    #[test]
    fn a_window_is_a_quarter_of_an_hour() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-11-02T00:14:59.5Z");
        assert_eq!(Window::at(now), Window::at(at("2026-11-02T00:00:00Z")));
        assert_ne!(Window::at(now), Window::at(at("2026-11-02T00:15:00Z")));
        assert_eq!(Window::at(now).ends_in(now), 1);
        assert_eq!(Window::at(now).ends_in(at("2026-11-02T00:00:00Z")), 900);
    }
}
