//! The addressee of a message, as a platform names them.

use domain::delivery::Addressee;
use domain::ids::BpUserId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::input::Checker;

/// The addressee, by exactly one of these numbers.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AddresseeRequest {
    #[serde(default)]
    user_id: Option<i64>,
    #[serde(default)]
    ahpra_number: Option<String>,
    #[serde(default)]
    provider_number: Option<String>,
}

impl AddresseeRequest {
    /// Reads the addressee. Errors point below `at`.
    pub(super) fn read(&self, at: &str, fields: &mut Checker) -> Option<Addressee> {
        match (self.user_id, &self.ahpra_number, &self.provider_number) {
            (Some(id), None, None) => {
                fields.check(&format!("{at}/userId"), BpUserId::parse(id)).map(Addressee::User)
            }
            (None, Some(number), None) => {
                fields.check(&format!("{at}/ahpraNumber"), Addressee::parse_ahpra(number))
            }
            (None, None, Some(number)) => {
                fields.check(&format!("{at}/providerNumber"), Addressee::parse_provider(number))
            }
            _ => {
                fields.refuse(at, "exactly one of userId, ahpraNumber and providerNumber is needed")
            }
        }
    }

    /// Reads the fallback addressee, who must be somebody else than the addressee.
    pub(super) fn read_other_than(
        &self,
        addressee: Option<&Addressee>,
        fields: &mut Checker,
    ) -> Option<Addressee> {
        const AT: &str = "/fallbackAddressee";
        let read = self.read(AT, fields)?;
        if addressee == Some(&read) {
            return fields.refuse(AT, "this is the addressee; name somebody else or nobody");
        }
        Some(read)
    }
}
