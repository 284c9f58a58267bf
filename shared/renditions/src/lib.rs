//! Documents made readable: a letter's words as plain text, the pages of a scan as one PDF.
//!
//! Bytes in, bytes out, and nothing is asked of anybody. What is made is bounded by what comes.

mod doc;
mod docx;
mod pages;
mod rtf;
mod symbols;

pub use doc::{LARGEST_DOC, doc_text};
pub use docx::{LARGEST_DOCX, docx_text};
pub use pages::{Binder, CannotBind};
pub use rtf::RtfText;

/// A text without blanks at the ends of its lines; nothing where nothing is said.
fn tidied(text: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let text = lines.join("\n");
    let text = text.trim_matches('\n');
    (!text.trim().is_empty()).then(|| format!("{text}\n"))
}
