//! An image as a page of the same size.

use std::borrow::Cow;

use super::writer::{TREE, Writer};

/// The longer side of A4 in points, for images without a resolution.
const LONG_SIDE: f64 = 842.0;
/// The largest page that readers accept, in points.
const LARGEST_SIDE: f64 = 14_400.0;

/// The colours of the samples.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Colours {
    Grey,
    Rgb,
    Cmyk,
    /// Red, green and blue of each palette entry.
    Palette(Vec<u8>),
}

impl Colours {
    pub(super) fn samples(&self) -> u32 {
        match self {
            Self::Grey | Self::Palette(_) => 1,
            Self::Rgb => 3,
            Self::Cmyk => 4,
        }
    }
}

/// Rows of an image that are encoded together.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Strip<'f> {
    pub(super) rows: u32,
    /// `/Filter` and `/DecodeParms`, as in the dictionary.
    pub(super) encoding: String,
    pub(super) bytes: Cow<'f, [u8]>,
}

/// An image as its file stores it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Picture<'f> {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) colours: Colours,
    pub(super) bits: u32,
    /// Whether the smallest sample means white, or no ink.
    pub(super) inverted: bool,
    /// Samples for each inch, across and down.
    pub(super) resolution: Option<(f64, f64)>,
    /// The orientation, 1 to 8 as in EXIF and TIFF.
    pub(super) orientation: u32,
    /// From the top down.
    pub(super) strips: Vec<Strip<'f>>,
}

impl Picture<'_> {
    /// Width and height of the stored image in points.
    fn size(&self) -> (f64, f64) {
        let (across, down) = (f64::from(self.width), f64::from(self.height));
        let says = |(x, y): (f64, f64)| x.is_finite() && y.is_finite() && x >= 1.0 && y >= 1.0;
        let (width, height) = match self.resolution.filter(|resolution| says(*resolution)) {
            Some((x, y)) => (across * 72.0 / x, down * 72.0 / y),
            None => {
                let scale = LONG_SIDE / across.max(down);
                (across * scale, down * scale)
            }
        };
        let shrink = (LARGEST_SIDE / width.max(height)).min(1.0);
        ((width * shrink).max(3.0), (height * shrink).max(3.0))
    }

    /// The matrix that places the stored image on the page.
    fn turn(&self) -> &'static str {
        match self.orientation {
            2 => "-1 0 0 1 1 0",
            3 => "-1 0 0 -1 1 1",
            4 => "1 0 0 -1 0 1",
            5 => "0 -1 -1 0 1 1",
            6 => "0 -1 1 0 0 1",
            7 => "0 1 1 0 0 0",
            8 => "0 1 -1 0 1 0",
            _ => "1 0 0 1 0 0",
        }
    }
}

/// Writes the image and its page.
pub(super) fn add(writer: &mut Writer, picture: &Picture<'_>) {
    let (mut width, mut height) = picture.size();
    if picture.orientation >= 5 {
        (width, height) = (height, width);
    }
    let mut names = String::new();
    let mut content = format!("q {width:.3} 0 0 {height:.3} 0 0 cm {} cm\n", picture.turn());
    let whole = f64::from(picture.height);
    let mut above = 0;
    for (place, strip) in picture.strips.iter().enumerate() {
        let number = writer.reserve();
        writer.stream(number, entries(picture, strip).as_bytes(), &strip.bytes);
        names.push_str(&format!("/I{place} {number} 0 R "));
        let below = whole - f64::from(above) - f64::from(strip.rows);
        let (tall, from) = (f64::from(strip.rows) / whole, below / whole);
        content.push_str(&format!("q 1 0 0 {tall:.8} 0 {from:.8} cm /I{place} Do Q\n"));
        above += strip.rows;
    }
    content.push_str("Q\n");
    let shown = writer.reserve();
    writer.stream(shown, b"", content.as_bytes());
    let page = writer.reserve();
    let body = format!(
        "<< /Type /Page /Parent {TREE} 0 R /MediaBox [0 0 {width:.3} {height:.3}] \
         /Contents {shown} 0 R /Resources << /XObject << {names}>> >> >>"
    );
    writer.page(page, body.as_bytes());
}

fn entries(picture: &Picture<'_>, strip: &Strip<'_>) -> String {
    let space = match &picture.colours {
        Colours::Grey => "/DeviceGray".to_owned(),
        Colours::Rgb => "/DeviceRGB".to_owned(),
        Colours::Cmyk => "/DeviceCMYK".to_owned(),
        Colours::Palette(palette) => {
            let digits: String = palette.iter().map(|byte| format!("{byte:02X}")).collect();
            let last = (palette.len() / 3).saturating_sub(1);
            format!("[/Indexed /DeviceRGB {last} <{digits}>]")
        }
    };
    let decode = if picture.inverted {
        let samples = vec!["1 0"; picture.colours.samples() as usize].join(" ");
        format!(" /Decode [{samples}]")
    } else {
        String::new()
    };
    format!(
        "/Type /XObject /Subtype /Image /Width {} /Height {} /BitsPerComponent {} /ColorSpace {space}{decode} {}",
        picture.width, strip.rows, picture.bits, strip.encoding
    )
}
