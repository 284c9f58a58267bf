//! Structured logs for CloudWatch: one JSON object a line, on standard output.
//!
//! Never log patients' data, names, pairing codes, keys, tokens, URLs with queries, values of SQL
//! parameters, or texts of errors that come from outside.

use tracing::Metadata;
use tracing_subscriber::filter::{FilterFn, LevelFilter, filter_fn};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// Our own crates. Only they follow the rule above, so only warnings of other crates are logged. A list
/// of other crates would be unsafe, because the next new dependency would not be on it. A test compares
/// this list with the folders in `functions` and `shared`.
const OURS: &[&str] = &[
    "api",
    "appointments",
    "attachment_importer",
    "attachments",
    "authorizer",
    "aws",
    "best_practice",
    "bp_writer",
    "clinical_import",
    "config",
    "connection",
    "correspondence",
    "crc_fast",
    "dispatcher",
    "document_bucket",
    "document_import",
    "domain",
    "halo",
    "halo_webhook",
    "ledger",
    "pairing",
    "patient_search",
    "patient_summary",
    "renditions",
    "service_info",
    "site_writer",
    "store",
    "usage",
    "webhook_endpoints",
    "webhook_sender",
    "webhooks",
];

/// Starts logging at the level in `RUST_LOG`, or at `info` if it names none.
pub fn start() {
    let level = std::env::var("RUST_LOG").ok().and_then(|level| level.parse().ok());
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_ansi(false)
        .with_filter(at_level(level.unwrap_or(LevelFilter::INFO)));
    tracing_subscriber::registry().with(lines).init();
}

/// Lets pass all logs of our own crates at this level, but only warnings of other crates. At lower
/// levels, other crates may log whole requests.
fn at_level(level: LevelFilter) -> FilterFn<impl Fn(&Metadata<'_>) -> bool> {
    let others = level.min(LevelFilter::WARN);
    filter_fn(move |event: &Metadata<'_>| {
        let source = event.target().split("::").next().unwrap_or_default();
        let level = if OURS.contains(&source) { level } else { others };
        *event.level() <= level
    })
    .with_max_level_hint(level)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::io::{self, Write};
    use std::path::Path;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(text)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(level: LevelFilter, events: impl FnOnce()) -> String {
        let page = Page::default();
        let writer = page.clone();
        let lines = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .with_filter(at_level(level));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), events);
        let text = page.0.lock().unwrap().clone();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn everything_of_ours_is_logged_and_only_warnings_of_others() {
        let events = || {
            tracing::info!(target: "dispatcher::dispatch", "a sweep is done");
            tracing::debug!(target: "document_bucket", "a detail");
            tracing::info!(target: "aws_smithy_runtime::client", "a whole request");
            tracing::info!(target: "halo_of_somebody_else", "a stranger's line");
            tracing::warn!(target: "hyper_util::client", "a stranger's warning");
        };
        let text = logged(LevelFilter::INFO, events);
        assert!(
            text.contains("a sweep is done") && text.contains("a stranger's warning"),
            "{text}"
        );
        for kept in ["a detail", "a whole request", "a stranger's line"] {
            assert!(!text.contains(kept), "{kept} is logged: {text}");
        }
        assert!(logged(LevelFilter::DEBUG, events).contains("a detail"));
        assert!(!logged(LevelFilter::DEBUG, events).contains("a whole request"));
        assert_eq!(logged(LevelFilter::ERROR, events), "");
    }

    #[test]
    fn no_crate_of_ours_is_missing_in_the_list() {
        let shared = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let crates: BTreeSet<String> = [shared, &shared.parent().unwrap().join("functions")]
            .into_iter()
            .flat_map(|folder| fs::read_dir(folder).unwrap())
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.path().join("Cargo.toml").is_file())
            .map(|entry| entry.file_name().to_str().unwrap().replace('-', "_"))
            .collect();
        assert!(crates.len() > 20, "{crates:?}");
        assert_eq!(crates, OURS.iter().map(|name| (*name).to_owned()).collect());
    }
}
