//! What an error says about the far side.

/// What a failed attempt tells of the far side. Whoever speaks to it decides which it was; this is
/// all that the ledger needs to know.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Class {
    /// It surely did not take effect, and may succeed later: send it again, no attempt is spent.
    Transient,
    /// Nobody knows whether it took effect: wait out the fence, look, and only then send again.
    Ambiguous,
    /// It surely did not take effect, and never will as it is: somebody has to mend something.
    Permanent,
}
