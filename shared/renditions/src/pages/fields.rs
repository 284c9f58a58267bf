//! The fields of a TIFF file, which photographs carry in their EXIF data too.

use std::collections::BTreeMap;

/// The most values of one field, such as the strips of an image. Letters have fewer.
const MOST_VALUES: usize = 100_000;

/// The fields of one image, by number.
#[derive(Debug)]
pub(super) struct Fields<'f> {
    pub(super) file: &'f [u8],
    pub(super) little: bool,
    /// Type, count, and position of the values.
    pub(super) fields: BTreeMap<u16, (u16, usize, usize)>,
    /// The position of the next image's fields.
    pub(super) next: usize,
}

pub(super) fn number(file: &[u8], little: bool, at: usize, length: usize) -> Option<usize> {
    let bytes = file.get(at..at.checked_add(length)?)?;
    let add = |all: usize, byte: &u8| all << 8 | usize::from(*byte);
    Some(if little { bytes.iter().rev().fold(0, add) } else { bytes.iter().fold(0, add) })
}

fn size_of(kind: u16) -> Option<usize> {
    match kind {
        1 | 2 | 6 | 7 => Some(1),
        3 | 8 => Some(2),
        4 | 9 | 11 | 13 => Some(4),
        5 | 10 | 12 => Some(8),
        _ => None,
    }
}

impl<'f> Fields<'f> {
    pub(super) fn read(file: &'f [u8], little: bool, at: usize) -> Option<Self> {
        let count = number(file, little, at, 2)?;
        let mut fields = BTreeMap::new();
        for entry in (at + 2..).step_by(12).take(count) {
            let tag = u16::try_from(number(file, little, entry, 2)?).ok()?;
            let kind = u16::try_from(number(file, little, entry + 2, 2)?).ok()?;
            let many = number(file, little, entry + 4, 4)?;
            let length = size_of(kind).unwrap_or(1).checked_mul(many)?;
            let place = match length {
                0..=4 => entry + 8,
                _ => number(file, little, entry + 8, 4)?,
            };
            fields.insert(tag, (kind, many, place));
        }
        let next = number(file, little, at + 2 + count * 12, 4).unwrap_or(0);
        Some(Self { file, little, fields, next })
    }

    /// A photograph's orientation, from its EXIF data.
    pub(super) fn orientation(exif: &'f [u8]) -> Option<u32> {
        let little = match exif.get(..2)? {
            b"II" => true,
            b"MM" => false,
            _ => return None,
        };
        let at = number(exif, little, 4, 4)?;
        let orientation = Self::read(exif, little, at)?.one(274, 1);
        u32::try_from(orientation).ok().filter(|it| (1..=8).contains(it))
    }

    pub(super) fn has(&self, tag: u16) -> bool {
        self.fields.contains_key(&tag)
    }

    pub(super) fn all(&self, tag: u16) -> Option<Vec<usize>> {
        let (kind, many, place) = *self.fields.get(&tag)?;
        let length = size_of(kind).filter(|length| *length <= 4)?;
        if many > MOST_VALUES {
            return None;
        }
        (0..many).map(|it| number(self.file, self.little, place + it * length, length)).collect()
    }

    pub(super) fn one(&self, tag: u16, otherwise: usize) -> usize {
        self.all(tag).and_then(|all| all.first().copied()).unwrap_or(otherwise)
    }

    pub(super) fn fraction(&self, tag: u16) -> Option<f64> {
        let (5, 1, place) = *self.fields.get(&tag)? else { return None };
        let above = number(self.file, self.little, place, 4)?;
        let below = number(self.file, self.little, place + 4, 4)?;
        (below > 0).then(|| above as f64 / below as f64)
    }

    pub(super) fn resolution(&self) -> Option<(f64, f64)> {
        let (x, y) = (self.fraction(282)?, self.fraction(283)?);
        match self.one(296, 2) {
            3 => Some((x * 2.54, y * 2.54)),
            2 => Some((x, y)),
            // Without a unit a fax means inches. Small numbers are only a ratio.
            _ => (x >= 50.0 && y >= 50.0).then_some((x, y)),
        }
    }
}
