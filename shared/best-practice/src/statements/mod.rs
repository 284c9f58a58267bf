//! Everything that a deployment can replace by a file: the SQL statements and the data files.

mod fhir_names;
mod markers;
mod name;
mod pack;

pub(crate) use self::markers::{Markers, Words};
pub use self::name::Statement;
pub use self::pack::{PackError, StatementPack};
