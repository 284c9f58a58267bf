//! The time comes from one clock, so that a test can set it. A function that needs the time takes it as a
//! parameter or from the clock.

use crate::sources::packages;

/// Calls that read the time of day.
const READINGS: &[&str] = &[
    "Timestamp::now(",
    "Zoned::now(",
    "SystemTime::now(",
    "Utc::now(",
    "Local::now(",
    "OffsetDateTime::now_utc(",
];

/// The files that may read the time of day, with the reason.
const NAMED: &[(&str, &str)] = &[
    ("shared/connection/src/ports.rs", "this is the clock"),
    ("shared/usage/src/pending.rs", "the day of a figure; the crate is below the clock"),
    ("shared/usage/src/lib.rs", "the crate is below the clock"),
    ("shared/aws/src/metrics.rs", "the time of a metric; the crate is below the clock"),
    ("shared/halo/src/wire.rs", "Halo may say when to come back; the crate can be used alone"),
    ("functions/authorizer/src/claims.rs", "the library that checks tokens reads the clock, too"),
    ("functions/dispatcher/src/dispatch.rs", "the beginning of a task; all else gets this time"),
    ("functions/site-writer/src/batch.rs", "Lambda gives its deadline as a time of day"),
    ("shared/webhooks/src/ports.rs", "this is the sender's clock"),
    ("functions/webhook-sender/src/main.rs", "Lambda gives its deadline as a time of day"),
    ("functions/attachment-importer/src/main.rs", "Lambda gives its deadline as a time of day"),
];

#[test]
fn the_time_of_day_is_read_in_the_named_places_only() {
    let ours = packages().iter().filter(|package| {
        package.folder.starts_with("shared/") || package.folder.starts_with("functions/")
    });
    let mut reading: Vec<&str> = ours
        .flat_map(|package| &package.files)
        .filter(|file| !file.is_test)
        .filter(|file| READINGS.iter().any(|reading| file.program.contains(reading)))
        .map(|file| file.path.as_str())
        .collect();
    reading.sort_unstable();
    let mut named: Vec<&str> = NAMED.iter().map(|(path, _)| *path).collect();
    named.sort_unstable();
    assert_eq!(reading, named, "take the time as a parameter, or from `connection::SystemClock`");
}
