//! A request to connect a practice: who the caller is, and what they entered.

use domain::clinician::{ClinicianName, ProviderNumberPrefix};
use domain::ids::{PairingCode, PracticeId, SiteId, Subject};
use domain::pairing::LimitScope;

/// What a person or a platform's server enters to connect.
#[derive(Debug)]
pub struct Entered {
    /// The Bp Site ID.
    pub site_id: SiteId,
    /// The code from Bp's "Generate pairing code". Not needed if the practice is paired already.
    pub code: Option<PairingCode>,
    /// The Bp user to link. Without one, the practice is only paired.
    pub clinician: Option<NamedClinician>,
}

/// The Bp user to link.
#[derive(Debug)]
pub struct NamedClinician {
    /// The name as in Bp.
    pub name: ClinicianName,
    /// The first digits of the provider number.
    pub prefix: Option<ProviderNumberPrefix>,
}

/// Who asks to connect a practice.
#[derive(Clone, Debug)]
pub struct Asker {
    /// The practice to connect.
    pub practice: PracticeId,
    /// The token's subject.
    pub subject: Subject,
    /// A person or a platform's server.
    pub scope: LimitScope,
    /// Whether the asker may relink an account without proof by the provider number.
    pub is_administrator: bool,
}

impl Asker {
    /// Whether a person asks: a person's own account is linked.
    #[must_use]
    pub fn is_person(&self) -> bool {
        self.scope == LimitScope::Person
    }
}
