//! Why a value from outside is refused.

/// Why a value from outside is refused. The text is fixed and never repeats the value, so it may be shown and
/// logged.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub &'static str);
