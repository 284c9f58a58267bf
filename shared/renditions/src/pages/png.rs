//! PNG. Its compressed rows are copied into the PDF.

use std::borrow::Cow;

use super::CannotBind;
use super::picture::{Colours, Picture, Strip};

pub(super) fn read(file: &[u8]) -> Result<Picture<'_>, CannotBind> {
    const CUT: CannotBind = CannotBind("a PNG is cut off");
    let mut rest = file.get(8..).ok_or(CUT)?;
    let mut head = None;
    let (mut palette, mut rows, mut resolution) = (None, Vec::new(), None);
    loop {
        let frame = rest.get(..8).ok_or(CUT)?;
        let length = u32::from_be_bytes([frame[0], frame[1], frame[2], frame[3]]) as usize;
        let body = rest.get(8..8 + length).ok_or(CUT)?;
        match &frame[4..] {
            b"IHDR" => head = Some(body),
            b"PLTE" => palette = Some(body),
            b"IDAT" => rows.push(body),
            // Without its transparency an image may show what it should hide.
            b"tRNS" => return Err(CannotBind("a PNG with transparency")),
            b"pHYs" => resolution = density(body),
            b"IEND" => break,
            _ => {}
        }
        rest = rest.get(8 + length + 4..).ok_or(CUT)?;
    }
    let Some([w3, w2, w1, w0, h3, h2, h1, h0, bits, kind, 0, 0, interlaced]) = head else {
        return Err(CannotBind("a PNG without its header"));
    };
    let width = u32::from_be_bytes([*w3, *w2, *w1, *w0]);
    let height = u32::from_be_bytes([*h3, *h2, *h1, *h0]);
    let colours = match (kind, palette) {
        (0, _) => Colours::Grey,
        (2, _) => Colours::Rgb,
        (3, Some(palette)) if !palette.is_empty() && palette.len() % 3 == 0 => {
            Colours::Palette(palette.to_vec())
        }
        (4 | 6, _) => return Err(CannotBind("a PNG with transparency")),
        _ => return Err(CannotBind("a PNG of other colours")),
    };
    if *interlaced != 0 {
        return Err(CannotBind("an interlaced PNG"));
    }
    if width == 0 || height == 0 || rows.is_empty() || !matches!(bits, 1 | 2 | 4 | 8 | 16) {
        return Err(CannotBind("a PNG without an image"));
    }
    let bytes = match rows.as_slice() {
        [one] => Cow::Borrowed(*one),
        many => Cow::Owned(many.concat()),
    };
    let encoding = format!(
        "/Filter /FlateDecode /DecodeParms << /Predictor 15 /Colors {} /BitsPerComponent {bits} /Columns {width} >>",
        colours.samples()
    );
    Ok(Picture {
        width,
        height,
        colours,
        bits: u32::from(*bits),
        inverted: false,
        resolution,
        orientation: 1,
        strips: vec![Strip { rows: height, encoding, bytes }],
    })
}

fn density(body: &[u8]) -> Option<(f64, f64)> {
    let [x3, x2, x1, x0, y3, y2, y1, y0, 1] = body else { return None };
    // Samples for each metre.
    let inch = |samples| f64::from(samples) * 0.0254;
    Some((
        inch(u32::from_be_bytes([*x3, *x2, *x1, *x0])),
        inch(u32::from_be_bytes([*y3, *y2, *y1, *y0])),
    ))
}
