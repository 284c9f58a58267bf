//! A function that lacks a part which its routes need does not start. Each function serves one group of
//! routes.
#![expect(clippy::unwrap_used, reason = "a panic is a failed test")]

use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use api::{App, Copies, Cursors, MissingPart, Parts, Uploads, lazy_bucket, lazy_queues, routes};
use aws::{SecretText, clients};
use aws_double::{Answer, Aws};
use axum::Router;
use best_practice::{BpClient, StatementPack};
use config::{CopiesConfig, DocumentsConfig, QueueConfig};
use domain::usage::Caps;
use halo::{FixedKeys, HaloClient, Keys};
use jiff::SignedDuration;
use store::Store;
use usage::Counter;

fn aws() -> Aws {
    Aws::answering(|_| Answer::nothing())
}

fn all() -> Parts {
    let aws = aws().config();
    let secrets = aws_sdk_secretsmanager::Client::new(&aws);
    let time = Duration::from_secs(60);
    let bucket = || "made-up".to_owned();
    let queues = || Some(lazy_queues(aws.clone(), QueueConfig::default()));
    Parts {
        cursors: Some(Cursors::new(SecretText::new(secrets, "made up".to_owned()))),
        writer_queue: queues(),
        import_queue: queues(),
        copies: Some(Copies {
            config: CopiesConfig { bucket: bucket(), kept: time, give_up: time, link: time },
            bucket: lazy_bucket(aws.clone(), bucket()),
        }),
        uploads: Some(Uploads {
            config: DocumentsConfig {
                bucket: bucket(),
                kept: time,
                largest_bytes: 1000,
                upload: time,
            },
            bucket: lazy_bucket(aws.clone(), bucket()),
        }),
        observations_per_code: NonZeroU16::new(1),
    }
}

fn app(parts: Parts) -> App {
    let keys = Keys { primary: "made up".into(), secondary: None };
    let base = "http://halo.invalid".parse().unwrap();
    let halo = HaloClient::new(clients::http().unwrap(), base, Arc::new(FixedKeys(keys)));
    let bp = BpClient::new(halo, StatementPack::load(None).unwrap());
    let store = Store::new(aws_sdk_dynamodb::Client::new(&aws().config()), "table");
    let counter = Counter::new(store.clone(), Caps::default());
    App { parts, ..App::new(bp, store, counter, SignedDuration::from_hours(1)) }
}

/// Whether the group of routes can be served with these parts, or what is missing.
fn started(group: fn(App) -> Result<Router, MissingPart>, parts: Parts) -> Result<(), String> {
    group(app(parts)).map(drop).map_err(|missing| missing.to_string())
}

fn missing(part: &str) -> Result<(), String> {
    Err(format!("this function was built without a part that its routes need: {part}"))
}

#[test]
fn patients_need_no_optional_part() {
    assert_eq!(started(routes::patients, Parts::default()), Ok(()));
}

#[test]
fn practices_need_cursors() {
    assert_eq!(started(routes::practice, Parts::default()), missing("cursors"));
    let cursors = all().cursors;
    assert_eq!(started(routes::practice, Parts { cursors, ..Parts::default() }), Ok(()));
}

#[test]
fn the_clinical_record_needs_the_number_of_observations() {
    let without = Parts { observations_per_code: None, ..all() };
    assert_eq!(started(routes::clinical, without), missing("observations_per_code"));
    let only = Parts { observations_per_code: NonZeroU16::new(1), ..Parts::default() };
    assert_eq!(started(routes::clinical, only), Ok(()));
}

#[test]
fn attachments_need_cursors_copies_and_the_importers_queue() {
    let without = Parts { cursors: None, ..all() };
    assert_eq!(started(routes::attachments, without), missing("cursors"));
    let without = Parts { copies: None, ..all() };
    assert_eq!(started(routes::attachments, without), missing("copies"));
    let without = Parts { import_queue: None, ..all() };
    assert_eq!(started(routes::attachments, without), missing("import_queue"));
    let only = Parts { uploads: None, writer_queue: None, observations_per_code: None, ..all() };
    assert_eq!(started(routes::attachments, only), Ok(()));
}

#[test]
fn correspondence_needs_cursors_uploads_and_the_writers_queue() {
    let without = Parts { cursors: None, ..all() };
    assert_eq!(started(routes::correspondence, without), missing("cursors"));
    let without = Parts { uploads: None, ..all() };
    assert_eq!(started(routes::correspondence, without), missing("uploads"));
    let without = Parts { writer_queue: None, ..all() };
    assert_eq!(started(routes::correspondence, without), missing("writer_queue"));
    let only = Parts { copies: None, import_queue: None, observations_per_code: None, ..all() };
    assert_eq!(started(routes::correspondence, only), Ok(()));
}

#[test]
fn appointments_need_cursors_and_the_writers_queue() {
    let without = Parts { cursors: None, ..all() };
    assert_eq!(started(routes::appointments, without), missing("cursors"));
    let without = Parts { writer_queue: None, ..all() };
    assert_eq!(started(routes::appointments, without), missing("writer_queue"));
    let Parts { cursors, writer_queue, .. } = all();
    let only = Parts { cursors, writer_queue, ..Parts::default() };
    assert_eq!(started(routes::appointments, only), Ok(()));
}
