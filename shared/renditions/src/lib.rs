#![doc = include_str!("../README.md")]

mod doc;
mod docx;
mod fhir_pdf;
mod pages;
mod rtf;
mod symbols;

pub use doc::{LARGEST_DOC, doc_text};
pub use docx::{LARGEST_DOCX, docx_text};
pub use fhir_pdf::fhir_document_pdf;
pub use pages::{Binder, CannotBind};
pub use rtf::RtfText;

/// Removes blanks at the ends of lines, and empty lines at both ends. `None` if no text is left.
fn tidied(text: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let text = lines.join("\n");
    let text = text.trim_matches('\n');
    (!text.trim().is_empty()).then(|| format!("{text}\n"))
}
