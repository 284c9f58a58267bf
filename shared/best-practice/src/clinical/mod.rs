//! The clinical record: `ask` sends `clinical_summary`, `sections` reads its one row.

mod ask;
mod cells;
mod family;
mod identity;
mod listed;
mod markers;
mod object;
mod people;
mod reader;
mod sections;
mod social;
mod source;
#[cfg(test)]
mod tests;
