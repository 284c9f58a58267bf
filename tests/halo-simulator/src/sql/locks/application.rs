//! Locks on names that programs agree on: `sp_getapplock`.

/// The modes of `sp_getapplock`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ApplicationMode {
    IntentShared,
    IntentExclusive,
    Shared,
    Update,
    Exclusive,
}

impl ApplicationMode {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "intentshared" => Self::IntentShared,
            "intentexclusive" => Self::IntentExclusive,
            "shared" => Self::Shared,
            "update" => Self::Update,
            "exclusive" => Self::Exclusive,
            _ => return None,
        })
    }

    pub(super) fn excludes(self, other: Self) -> bool {
        use ApplicationMode::{IntentExclusive, IntentShared, Shared, Update};
        !matches!(
            (self, other),
            (IntentShared, IntentShared | IntentExclusive | Shared | Update)
                | (IntentExclusive | Shared | Update, IntentShared)
                | (IntentExclusive, IntentExclusive)
                | (Shared, Shared | Update)
                | (Update, Shared)
        )
    }

    pub(super) fn letters(self) -> &'static str {
        match self {
            Self::IntentShared => "IS",
            Self::IntentExclusive => "IX",
            Self::Shared => "S",
            Self::Update => "U",
            Self::Exclusive => "X",
        }
    }
}

/// One lock on a name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Application {
    /// SQL Server compares the name byte by byte.
    pub(crate) resource: String,
    pub(crate) mode: ApplicationMode,
    /// Whether it outlives the transaction.
    pub(crate) of_session: bool,
}
