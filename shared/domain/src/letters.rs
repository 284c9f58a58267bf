//! Short names that are always the same for the same thing and never for two.

use sha2::{Digest, Sha256};

/// Crockford's letters: no I, L, O or U, so that nobody misreads one.
pub(crate) const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The first letters, five bits each, of a SHA-256 over parts that cannot run into one another.
pub(crate) fn letters(parts: &[&str], count: usize) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        // The length goes first, so that no two lists of parts are written alike.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    let mut bits = digest.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    (0..count)
        .map(|_| {
            let index = bits.by_ref().take(5).fold(0, |index, bit| index << 1 | bit);
            char::from(ALPHABET[usize::from(index)])
        })
        .collect()
}
