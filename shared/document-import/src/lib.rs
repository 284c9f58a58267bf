#![doc = include_str!("../README.md")]

mod attempt;
mod claimed;
mod fhir;
mod importer;
mod incoming;
mod obstacle;
mod statement;

pub use importer::Importer;
pub use obstacle::ImportError;
