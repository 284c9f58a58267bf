//! `…/attachment-imports`: copies of chosen documents for the referral form (referral guide, "Import
//! attachments"). A request is answered once the import is stored. The importer then copies the documents.

mod handlers;
mod progress;
mod request;
mod view;

pub(crate) use self::handlers::*;
