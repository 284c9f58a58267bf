//! Shares of limits: how many requests of a window the processes have taken.

use aws_sdk_dynamodb::types::ReturnValue;
use domain::limits::{Limit, Whose, Window};

use crate::error::StoreError;
use crate::format::{KnownFormatOnly, check_format};
use crate::item::{Item, key, number};
use crate::refusal::TableError;
use crate::table::Store;

const TAKEN: &str = "taken";

/// The table's answer to a process that wants a share.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Taken {
    /// The share is the process's own. All processes together have taken this much.
    Share {
        /// With this share.
        taken: u32,
    },
    /// So much is not left. All processes together have taken this much.
    TooMuch {
        /// Without this share.
        taken: u32,
    },
}

fn limit_key(limit: &Limit, window: Window) -> Item {
    let whose = match &limit.whose {
        Whose::Person(practice, subject) => format!("PERSON#{practice}#{}", subject.0),
        Whose::People(practice) => format!("PEOPLE#{practice}"),
        Whose::Servers(practice) => format!("SERVERS#{practice}"),
        Whose::Platform(platform) => format!("REQUESTS#{platform}"),
    };
    key(format!("LIMIT#{whose}"), format!("{}#{}", limit.kind.name(), window.begins()))
}

impl Store {
    /// Takes a share of a limit of which there are `most`, unless that would be more than there are. One conditional
    /// write, so all processes together never take more. If its answer is lost, the share is lost until the window ends.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn take_share(
        &self,
        limit: &Limit,
        window: Window,
        share: u32,
        most: u32,
    ) -> Result<Taken, StoreError> {
        // Longer than the window, because clocks differ.
        let expires = window.begins() + 2 * Window::LENGTH.as_secs();
        let taken = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(limit_key(limit, window)))
            .update_expression("SET expiresAt = :expires ADD taken :share")
            .only_if("attribute_not_exists(taken) OR taken <= :before")
            .expression_attribute_values(":expires", number(expires))
            .expression_attribute_values(":share", number(share))
            .expression_attribute_values(":before", number(most.saturating_sub(share)))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        match taken {
            Ok(done) => {
                let item = done.attributes.ok_or(StoreError::Corrupt)?;
                Ok(Taken::Share { taken: whole(&item)? })
            }
            Err(error) => {
                let kept = error.as_service_error().and_then(TableError::kept_item).cloned();
                match (StoreError::from(error), kept) {
                    (StoreError::Conflict, Some(item)) => {
                        check_format(&item)?;
                        Ok(Taken::TooMuch { taken: whole(&item)? })
                    }
                    (StoreError::Conflict, None) => Ok(Taken::TooMuch { taken: most }),
                    (error, _) => Err(error),
                }
            }
        }
    }
}

fn whole(item: &Item) -> Result<u32, StoreError> {
    let number = item.get(TAKEN).and_then(|value| value.as_n().ok());
    number.and_then(|number| number.parse().ok()).ok_or(StoreError::Corrupt)
}
