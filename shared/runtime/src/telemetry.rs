//! Structured logs: one JSON object a line, on standard output, for CloudWatch.
//!
//! What is never logged: patients' data, names, pairing codes, keys, tokens, URLs with queries,
//! values of SQL parameters, and texts of errors that come from outside.

use tracing_subscriber::EnvFilter;

/// Starts logging at the level of `RUST_LOG`.
pub fn start() {
    // The SDK's own events may hold request bodies below warnings.
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info"))
        .add_directive(tracing_subscriber::filter::LevelFilter::WARN.into());
    let level = std::env::var("RUST_LOG").unwrap_or_else(|_| "info".to_owned());
    let ours = [
        "api",
        "best_practice",
        "halo",
        "store",
        "runtime",
        "practice_session",
        "staging",
        "authorizer",
        "site_writer",
        "site_work",
        "deliveries",
        "bookings",
    ];
    let filter = ours
        .iter()
        .filter_map(|target| format!("{target}={level}").parse().ok())
        .fold(filter, EnvFilter::add_directive);
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_ansi(false)
        .with_env_filter(filter)
        .init();
}
