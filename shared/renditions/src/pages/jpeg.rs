//! JPEG. Its bytes are copied into the PDF.

use std::borrow::Cow;

use super::CannotBind;
use super::fields::Fields;
use super::picture::{Colours, Picture, Strip};

/// The content of the segments before the image.
#[derive(Debug, Default)]
struct Head {
    size: Option<(u32, u32, Colours)>,
    /// Whether the names of the three components are red, green and blue.
    is_rgb: bool,
    is_adobe: bool,
    resolution: Option<(f64, f64)>,
    orientation: u32,
}

pub(super) fn read(file: &[u8]) -> Result<Picture<'_>, CannotBind> {
    let head = head(file)?;
    let (width, height, colours) = head.size.ok_or(CannotBind("a JPEG without an image"))?;
    let is_rgb = head.is_rgb && !head.is_adobe;
    Ok(Picture {
        width,
        height,
        bits: 8,
        // Photoshop and similar programs write 255 for "no ink".
        inverted: colours == Colours::Cmyk && head.is_adobe,
        colours,
        resolution: head.resolution,
        orientation: head.orientation,
        strips: vec![Strip {
            rows: height,
            encoding: encoding(is_rgb),
            bytes: Cow::Borrowed(file),
        }],
    })
}

/// The dictionary entries of a JPEG image. `is_rgb` says that its components are already red, green and
/// blue.
pub(super) fn encoding(is_rgb: bool) -> String {
    let colours = if is_rgb { " /DecodeParms << /ColorTransform 0 >>" } else { "" };
    format!("/Filter /DCTDecode{colours}")
}

fn head(file: &[u8]) -> Result<Head, CannotBind> {
    const CUT: CannotBind = CannotBind("a JPEG is cut off");
    let mut head = Head::default();
    let mut at = 2;
    loop {
        let marker = file.get(at..at + 2).ok_or(CUT)?;
        match marker {
            [0xFF, 0xFF] => {
                at += 1;
                continue;
            }
            // These markers have no length.
            [0xFF, 0x01 | 0xD0..=0xD8] => {
                at += 2;
                continue;
            }
            [0xFF, 0xD9 | 0xDA] => return Ok(head),
            [0xFF, _] => {}
            _ => return Err(CannotBind("a JPEG is damaged")),
        }
        let length = file.get(at + 2..at + 4).ok_or(CUT)?;
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        let body = file.get(at + 4..at + 2 + length.max(2)).ok_or(CUT)?;
        match marker[1] {
            0xC0..=0xC2 => frame(&mut head, body)?,
            // PDF readers do not support lossless, arithmetic and hierarchical JPEG.
            0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                return Err(CannotBind("a JPEG of a rare kind"));
            }
            0xE0 if body.starts_with(b"JFIF\0") && head.resolution.is_none() => {
                head.resolution = density(body);
            }
            0xE1 if body.starts_with(b"Exif\0\0") => {
                if let Some(orientation) = Fields::orientation(&body[6..]) {
                    head.orientation = orientation;
                }
            }
            0xEE if body.starts_with(b"Adobe") => head.is_adobe = true,
            _ => {}
        }
        at += 2 + length.max(2);
    }
}

fn frame(head: &mut Head, body: &[u8]) -> Result<(), CannotBind> {
    let [8, h1, h0, w1, w0, components, names @ ..] = body else {
        return Err(CannotBind("a JPEG of more than 8 bits"));
    };
    let height = u32::from(u16::from_be_bytes([*h1, *h0]));
    let width = u32::from(u16::from_be_bytes([*w1, *w0]));
    let colours = match components {
        1 => Colours::Grey,
        3 => Colours::Rgb,
        4 => Colours::Cmyk,
        _ => return Err(CannotBind("a JPEG of other colours")),
    };
    if width == 0 || height == 0 {
        return Err(CannotBind("a JPEG without its size"));
    }
    head.is_rgb = names.iter().step_by(3).take(3).eq(b"RGB");
    head.size = Some((width, height, colours));
    Ok(())
}

fn density(body: &[u8]) -> Option<(f64, f64)> {
    let [unit, x1, x0, y1, y0, ..] = body.get(7..)? else { return None };
    let (x, y) = (u16::from_be_bytes([*x1, *x0]), u16::from_be_bytes([*y1, *y0]));
    let scale = match unit {
        1 => 1.0,
        2 => 2.54,
        _ => return None,
    };
    // The value that programs write if they do not know the resolution.
    let known = x > 1 && y > 1;
    known.then(|| (f64::from(x) * scale, f64::from(y) * scale))
}
