//! How long a request to our API may take.

use std::time::Duration;

/// How long a request may take in all. API Gateway ends it after 29 s.
pub const REQUEST_TIME: Duration = Duration::from_secs(24);
