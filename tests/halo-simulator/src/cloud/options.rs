//! How a simulator is set up.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// How rows are laid out inside a result's base64 `data`, which Halo leaves unspecified.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum RowEncoding {
    /// `[{"a":1},{"a":2}]`; several result sets become an array of those.
    #[default]
    Objects,
    /// `{"columns":["a"],"rows":[[1],[2]]}`.
    ColumnsAndRows,
    /// `{"a":1}` when there is exactly one row, otherwise as [`RowEncoding::Objects`].
    SingleObject,
}

/// What `/stream` sends, which Halo leaves unspecified.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum StreamForm {
    /// The decoded rows.
    #[default]
    Rows,
    /// The same envelope as the ordinary page.
    Envelope,
}

/// Where completions are announced.
#[derive(Clone, Debug)]
pub struct WebhookTarget {
    /// May contain `{siteId}`, `{queryId}` and `{source}`.
    pub url: String,
    /// The key of the signature.
    pub secret: String,
}

/// How a simulator is set up; [`Options::default`] is right for a test.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where Halo Cloud listens; loopback only, port 0 picks a free one.
    pub listen: SocketAddr,
    /// Where the control API listens; loopback only, port 0 picks a free one.
    pub control_listen: SocketAddr,
    /// Where databases and result pages are kept; a folder of its own, removed at the end, if absent.
    pub data_dir: Option<PathBuf>,
    /// The subscription's primary key; derived from the seed if absent.
    pub primary_key: Option<String>,
    /// The subscription's secondary key; derived from the seed if absent.
    pub secondary_key: Option<String>,
    /// Where completions are announced, if anywhere.
    pub webhook: Option<WebhookTarget>,
    /// The integrator's registered addresses; any loopback address if empty.
    pub egress_allow: Vec<IpAddr>,
    /// Decides identifiers, pairing codes, practice content and random faults.
    pub seed: u64,
    /// How long an asynchronous query stays in each phase at least.
    pub phase_delay: Duration,
    /// How many bytes of rows a page of an asynchronous result holds, unless one row is larger.
    pub page_bytes: usize,
    /// The largest result of an immediate or registered query.
    pub immediate_result_bytes: usize,
    /// The HTTP status of an oversized immediate result; its body says 413 in any case.
    pub too_large_status: u16,
    /// When an immediate query is answered with 504 although it still runs.
    pub immediate_execution_limit: Duration,
    /// When the execution of an asynchronous query is broken off.
    pub async_execution_limit: Duration,
    /// How long pages can be fetched.
    pub retention: SignedDuration,
    /// What `/stream` sends.
    pub stream_form: StreamForm,
}

impl Default for Options {
    fn default() -> Self {
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            listen: anywhere,
            control_listen: anywhere,
            data_dir: None,
            primary_key: None,
            secondary_key: None,
            webhook: None,
            egress_allow: Vec::new(),
            seed: 1,
            phase_delay: Duration::from_millis(3),
            page_bytes: 1_000_000,
            immediate_result_bytes: 8 * 1024 * 1024,
            too_large_status: 413,
            immediate_execution_limit: Duration::from_secs(30),
            async_execution_limit: Duration::from_secs(300),
            retention: SignedDuration::from_hours(24),
            stream_form: StreamForm::default(),
        }
    }
}
