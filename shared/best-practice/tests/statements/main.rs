//! The statements and the mapping of their answers, executed on made-up practices.

mod advisories;
mod attachments;
mod bookings;
mod clinical_identity;
mod clinical_surprises;
mod correspondence;
mod deceased;
mod documents;
mod spelling;
