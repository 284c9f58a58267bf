//! Makes short names. The same input always gives the same name, and different inputs give different names.

use sha2::{Digest, Sha256};

/// Crockford's letters. They lack I, L, O and U, because people misread those.
pub(crate) const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The first letters of a SHA-256 over the parts, five bits each.
pub(crate) fn letters(parts: &[&str], count: usize) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        // The length comes first, so that no two lists of parts give the same bytes.
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
