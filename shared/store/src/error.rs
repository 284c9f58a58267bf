//! Why the table gave no answer.

/// Why the table gave no answer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum StoreError {
    /// The condition did not hold: somebody else has written first.
    #[error("somebody else changed this at the same moment")]
    Conflict,
    /// DynamoDB could not be reached, or refused the call.
    #[error("the table is not available ({code})")]
    Unavailable {
        /// DynamoDB's error code.
        code: String,
    },
    /// An item was written by a newer release, in a format that this one does not know.
    #[error("an item of the table was written by a newer release")]
    NewerFormat,
    /// An item does not have the form in which we write it.
    #[error("an item of the table cannot be read")]
    Corrupt,
}

impl From<serde_dynamo::Error> for StoreError {
    fn from(_: serde_dynamo::Error) -> Self {
        // The error's text may contain a value.
        Self::Corrupt
    }
}
