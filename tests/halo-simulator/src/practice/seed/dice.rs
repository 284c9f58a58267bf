//! Reproducible random choices.

use std::ops::RangeInclusive;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// One stream of random choices.
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Self(generator)
    }

    pub(super) fn within(&mut self, range: RangeInclusive<i64>) -> i64 {
        self.0.random_range(range)
    }

    pub(super) fn percent(&mut self, chance: i64) -> bool {
        self.within(1..=100) <= chance
    }

    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        // Not a usize, because the choices must be the same on every platform.
        let index = self.0.random_range(0..from.len() as u64);
        &from[index as usize]
    }

    /// A text of this many random digits.
    pub(super) fn digits(&mut self, count: u32) -> String {
        let value = self.0.random_range(0..10_u64.pow(count));
        format!("{value:0width$}", width = count as usize)
    }
}
