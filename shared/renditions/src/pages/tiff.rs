//! TIFF, the format of fax machines and scanners. Each strip is copied into the PDF in its encoding.

use std::borrow::Cow;
use std::collections::HashSet;

use super::fields::{Fields, number};
use super::picture::{Colours, Picture, Strip};
use super::{CannotBind, jpeg};

/// The most images in a file. Letters have fewer.
const MOST_IMAGES: usize = 1_000;
/// The largest tables that a JPEG can have. Each strip gets a copy.
const LARGEST_TABLES: usize = 4_096;

/// A strip: its encoding in PDF's terms, and its bytes.
type Encoded<'f> = (String, Cow<'f, [u8]>);

const DAMAGED: CannotBind = CannotBind("a TIFF is damaged");

/// The images of a file, in order. Small previews of other images are left out.
pub(super) fn read(
    file: &[u8],
) -> Result<impl Iterator<Item = Result<Picture<'_>, CannotBind>>, CannotBind> {
    let little = match file.get(..4) {
        Some(b"II\x2A\0") => true,
        Some(b"MM\0\x2A") => false,
        _ => return Err(CannotBind("a BigTIFF")),
    };
    let mut images = Vec::new();
    let mut seen = HashSet::new();
    let mut at = number(file, little, 4, 4).ok_or(DAMAGED)?;
    while at != 0 && images.len() < MOST_IMAGES && seen.insert(at) {
        let fields = Fields::read(file, little, at).ok_or(DAMAGED)?;
        at = fields.next;
        let is_preview = fields.one(254, 0) & 1 == 1;
        if !is_preview {
            images.push(fields);
        }
    }
    if images.is_empty() || at != 0 {
        return Err(DAMAGED);
    }
    // Images that share bytes could be larger together than the file.
    let lengths = images.iter().map(|fields| match fields.all(279) {
        Some(lengths) => lengths.into_iter().fold(0, usize::saturating_add),
        None => file.len() / 2 + 1,
    });
    if images.len() > 1 && lengths.fold(0, usize::saturating_add) > file.len() {
        return Err(DAMAGED);
    }
    Ok(images.into_iter().map(|fields| fields.picture()))
}

impl<'f> Fields<'f> {
    fn picture(&self) -> Result<Picture<'f>, CannotBind> {
        let size =
            |tag| u32::try_from(self.one(tag, 0)).ok().filter(|it| (1..=100_000).contains(it));
        let (width, height) = size(256).zip(size(257)).ok_or(DAMAGED)?;
        let compression = self.one(259, 1);
        let photometric = self.one(262, if matches!(compression, 2..=4) { 0 } else { 1 });
        let samples = self.one(277, 1);
        let bits = self.all(258).unwrap_or_else(|| vec![1]);
        let depth = bits.first().copied().unwrap_or(1);
        if self.has(322) || self.one(284, 1) != 1 && samples > 1 {
            return Err(CannotBind("a TIFF in tiles or planes"));
        }
        if self.one(339, 1) != 1 || bits.iter().any(|it| *it != depth) {
            return Err(CannotBind("a TIFF of rare samples"));
        }
        let colours = match photometric {
            0 | 1 => Colours::Grey,
            2 => Colours::Rgb,
            3 => Colours::Palette(self.palette(depth)?),
            5 => Colours::Cmyk,
            6 if compression == 7 => Colours::Rgb,
            _ => return Err(CannotBind("a TIFF of other colours")),
        };
        if samples != colours.samples() as usize {
            return Err(CannotBind("a TIFF with transparency"));
        }
        let fits = match depth {
            1 | 2 | 4 => matches!(photometric, 0 | 1 | 3),
            8 => true,
            // PDF stores the more significant byte first.
            16 => !self.little && matches!(compression, 1 | 5 | 8) && self.one(317, 1) == 1,
            _ => false,
        };
        if !fits {
            return Err(CannotBind("a TIFF of rare samples"));
        }
        let is_fax = matches!(compression, 2..=4);
        let strips = self.strips(height, &|rows, bytes| {
            self.strip((compression, photometric), (width, rows), (samples, depth), bytes)
        })?;
        Ok(Picture {
            width,
            height,
            colours,
            bits: if compression == 7 { 8 } else { u32::try_from(depth).unwrap_or(8) },
            inverted: photometric == 0 && !is_fax,
            resolution: self.resolution(),
            orientation: u32::try_from(self.one(274, 1)).unwrap_or(1),
            strips,
        })
    }

    fn strips(
        &self,
        height: u32,
        encode: &dyn Fn(u32, &'f [u8]) -> Result<Encoded<'f>, CannotBind>,
    ) -> Result<Vec<Strip<'f>>, CannotBind> {
        let places = self.all(273).ok_or(DAMAGED)?;
        let each = u32::try_from(self.one(278, height as usize)).unwrap_or(u32::MAX);
        let each = each.clamp(1, height);
        // Old programs omit the length of a single strip.
        let lengths = match (self.all(279), places.as_slice()) {
            (Some(lengths), _) => lengths,
            (None, [place]) => vec![self.file.len().saturating_sub(*place)],
            (None, _) => return Err(DAMAGED),
        };
        let wanted = height.div_ceil(each) as usize;
        let whole = lengths.iter().fold(0, |sum: usize, length| sum.saturating_add(*length));
        if places.len() != wanted || lengths.len() != wanted || whole > self.file.len() {
            return Err(DAMAGED);
        }
        let mut left = height;
        let mut strips = Vec::with_capacity(wanted);
        for (place, length) in places.into_iter().zip(lengths) {
            let rows = left.min(each);
            left -= rows;
            let end = place.checked_add(length).ok_or(DAMAGED)?;
            let bytes = self.file.get(place..end).filter(|it| !it.is_empty()).ok_or(DAMAGED)?;
            let (encoding, bytes) = encode(rows, bytes)?;
            strips.push(Strip { rows, encoding, bytes });
        }
        Ok(strips)
    }

    /// A strip's bytes, and their encoding in PDF's terms.
    fn strip(
        &self,
        (compression, photometric): (usize, usize),
        (width, rows): (u32, u32),
        (samples, depth): (usize, usize),
        bytes: &'f [u8],
    ) -> Result<Encoded<'f>, CannotBind> {
        let reversed = self.one(266, 1) == 2;
        let plain = Cow::Borrowed(bytes);
        if matches!(compression, 2..=4) {
            let options = self.one(if compression == 4 { 293 } else { 292 }, 0);
            let is_rare = depth != 1 || photometric == 3;
            if is_rare || compression != 2 && options & 2 != 0 {
                return Err(CannotBind("a fax in a rare encoding"));
            }
            let k = match compression {
                4 => -1,
                3 if options & 1 == 1 => 1,
                _ => 0,
            };
            // In the oldest encoding each row begins at a byte.
            let aligned = if compression == 2 { " /EncodedByteAlign true" } else { "" };
            // The codes for white mean the sample 0, which may be black.
            let black = if photometric == 1 { " /BlackIs1 true" } else { "" };
            let encoding = format!(
                "/Filter /CCITTFaxDecode /DecodeParms << /K {k} /Columns {width} /Rows {rows} /EndOfBlock false{aligned}{black} >>"
            );
            let turned = || bytes.iter().map(|byte| byte.reverse_bits()).collect();
            return Ok((encoding, if reversed { Cow::Owned(turned()) } else { plain }));
        }
        if reversed && compression != 7 {
            return Err(CannotBind("a TIFF with reversed bits"));
        }
        let predicted = match self.one(317, 1) {
            1 => String::new(),
            2 if matches!(compression, 5 | 8 | 32946) => format!(
                " /DecodeParms << /Predictor 2 /Colors {samples} /BitsPerComponent {depth} /Columns {width} >>"
            ),
            _ => return Err(CannotBind("a TIFF with a rare predictor")),
        };
        match compression {
            1 => {
                let row = (width as usize * samples * depth).div_ceil(8);
                let whole = row.checked_mul(rows as usize).ok_or(DAMAGED)?;
                let bytes = bytes.get(..whole).ok_or(DAMAGED)?;
                Ok((String::new(), Cow::Borrowed(bytes)))
            }
            // The oldest programs wrote these codes in reverse bit order.
            5 if bytes.starts_with(&[0]) => Err(CannotBind("a TIFF with old LZW compression")),
            5 => Ok((format!("/Filter /LZWDecode{predicted}"), plain)),
            7 if depth == 8 => {
                let whole = self.with_tables(bytes)?;
                Ok((jpeg::encoding(photometric == 2), whole))
            }
            8 | 32946 => Ok((format!("/Filter /FlateDecode{predicted}"), plain)),
            32773 => Ok(("/Filter /RunLengthDecode".to_owned(), Cow::Owned(runs(bytes)?))),
            _ => Err(CannotBind("a TIFF with a rare compression")),
        }
    }

    /// Adds the tables, which the file has once for all strips, to a strip's JPEG.
    fn with_tables(&self, bytes: &'f [u8]) -> Result<Cow<'f, [u8]>, CannotBind> {
        let Some(&(_, length, place)) = self.fields.get(&347) else {
            return Ok(Cow::Borrowed(bytes));
        };
        let tables = place.checked_add(length).and_then(|end| self.file.get(place..end));
        let tables = tables.filter(|it| it.len() <= LARGEST_TABLES);
        let tables = tables.and_then(|it| it.strip_prefix(b"\xFF\xD8")).ok_or(DAMAGED)?;
        let tables = tables.strip_suffix(b"\xFF\xD9").unwrap_or(tables);
        let image = bytes.strip_prefix(b"\xFF\xD8").ok_or(DAMAGED)?;
        Ok(Cow::Owned([b"\xFF\xD8", tables, image].concat()))
    }

    fn palette(&self, depth: usize) -> Result<Vec<u8>, CannotBind> {
        let values = self.all(320).ok_or(DAMAGED)?;
        let entries = 1_usize.checked_shl(u32::try_from(depth).unwrap_or(64)).ok_or(DAMAGED)?;
        if depth > 8 || values.len() != entries * 3 {
            return Err(DAMAGED);
        }
        // All red values, then all green, then all blue, of 16 bits each.
        let part = |colour: usize, entry: usize| (values[colour * entries + entry] >> 8) as u8;
        Ok((0..entries)
            .flat_map(|entry| [part(0, entry), part(1, entry), part(2, entry)])
            .collect())
    }
}

/// Converts PackBits to PDF's run lengths. PackBits ignores the byte 128, but in PDF it ends the data.
fn runs(bytes: &[u8]) -> Result<Vec<u8>, CannotBind> {
    let mut out = Vec::with_capacity(bytes.len() + 1);
    let mut rest = bytes;
    while let [code, after @ ..] = rest {
        let length = match code {
            128 => {
                rest = after;
                continue;
            }
            0..=127 => usize::from(*code) + 2,
            129..=255 => 2,
        };
        out.extend_from_slice(rest.get(..length).ok_or(DAMAGED)?);
        rest = &rest[length..];
    }
    out.push(128);
    Ok(out)
}
