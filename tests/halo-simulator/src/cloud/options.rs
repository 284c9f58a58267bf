//! The settings of a simulator.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::practice::PracticeFiles;

/// The form of rows inside a result's base64 `data`. Halo does not specify it.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum RowEncoding {
    /// `[{"a":1},{"a":2}]`. Several result sets become an array of these arrays.
    #[default]
    Objects,
    /// `{"columns":["a"],"rows":[[1],[2]]}`.
    ColumnsAndRows,
    /// `{"a":1}` for exactly one row, otherwise as [`RowEncoding::Objects`].
    SingleObject,
}

/// The form of `/stream`. Halo does not specify it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum StreamForm {
    /// The decoded rows.
    #[default]
    Rows,
    /// The same envelope as for an ordinary page.
    Envelope,
}

/// The address that completed queries are notified to.
#[derive(Clone, Debug)]
pub struct WebhookTarget {
    /// The URL. It may contain `{siteId}`, `{queryId}` and `{source}`.
    pub url: String,
    /// The key of the signature.
    pub secret: String,
}

/// The settings of a simulator. [`Options::default`] suits a test.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where Halo Cloud listens. The address must be loopback. Port 0 chooses a free port.
    pub listen: SocketAddr,
    /// Where the control API listens. The address must be loopback. Port 0 chooses a free port.
    pub control_listen: SocketAddr,
    /// The folder for databases and result pages. If absent, a temporary folder that is removed at the end.
    pub data_dir: Option<PathBuf>,
    /// The subscription's primary key. If absent, it is derived from the seed.
    pub primary_key: Option<String>,
    /// The subscription's secondary key. If absent, it is derived from the seed.
    pub secondary_key: Option<String>,
    /// Where completed queries are notified. If absent, nothing is sent.
    pub webhook: Option<WebhookTarget>,
    /// The integrator's registered addresses. If empty, any loopback address may call.
    pub egress_allow: Vec<IpAddr>,
    /// Determines identifiers, pairing codes, practice content and random faults.
    pub seed: u64,
    /// The files that the first demonstration practice starts from. They are copied. If absent, the practice
    /// is made from the seed.
    pub first_practice: Option<PracticeFiles>,
    /// The minimum time that an asynchronous query spends in each phase.
    pub phase_delay: Duration,
    /// How many bytes of rows a page of an asynchronous result holds. A single larger row makes a larger
    /// page.
    pub page_bytes: usize,
    /// The largest result of an immediate or registered query.
    pub immediate_result_bytes: usize,
    /// The HTTP status for an immediate result that is too large. Its body always says 413.
    pub too_large_status: u16,
    /// After this time an immediate query is answered with 504, although it still runs.
    pub immediate_execution_limit: Duration,
    /// After this time an asynchronous query is stopped.
    pub async_execution_limit: Duration,
    /// How long pages can be fetched.
    pub retention: SignedDuration,
    /// The form of `/stream`.
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
            first_practice: None,
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
