//! Primitive values: text, times, decimals and narratives.

use std::fmt;

use domain::clinical::PartialDate;
use jiff::civil::Date;
use jiff::{Timestamp, Zoned};
use serde::ser::Error;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// A FHIR string: not empty, without control characters, with U+0020 as its only blank.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Text(String);

impl Text {
    /// Cleans a text. `None` if only blanks are left.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text: String = text
            .chars()
            .map(|c| match c {
                '\t' | '\r' | '\n' => c,
                // Narratives are XML, which cannot contain the last two characters.
                c if c.is_control()
                    || c.is_whitespace()
                    || matches!(c, '\u{fffe}' | '\u{ffff}') =>
                {
                    ' '
                }
                c => c,
            })
            .collect();
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    #[must_use]
    pub fn ours(text: &'static str) -> Self {
        Self(text.to_owned())
    }

    /// The text, or our own words if there is none.
    #[must_use]
    pub fn or(text: Option<&str>, otherwise: &'static str) -> Self {
        text.and_then(Self::new).unwrap_or_else(|| Self::ours(otherwise))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A full or partial date, or a moment with its zone (`date`, `dateTime`, `instant`).
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct When(String);

impl When {
    /// A month as Bp writes the expiry of a Medicare card: `11/2024`.
    #[must_use]
    pub fn month(text: &str) -> Option<Self> {
        let (month, year) = text.trim().split_once('/')?;
        let month: i64 = month.parse().ok().filter(|month| (1..=12).contains(month))?;
        let year: i64 = year.parse().ok().filter(|year| (1900..=2999).contains(year))?;
        Some(Self(format!("{year:04}-{month:02}")))
    }

    #[must_use]
    pub fn year(year: i64) -> Option<Self> {
        (1..=9999).contains(&year).then(|| Self(format!("{year:04}")))
    }
}

impl From<Date> for When {
    fn from(date: Date) -> Self {
        Self(date.to_string())
    }
}

impl From<PartialDate> for When {
    fn from(date: PartialDate) -> Self {
        Self(date.to_string())
    }
}

impl From<Timestamp> for When {
    fn from(moment: Timestamp) -> Self {
        Self(format!("{moment:.3}"))
    }
}

impl From<&Zoned> for When {
    fn from(moment: &Zoned) -> Self {
        Self(moment.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
    }
}

/// A decimal with all its digits, because 82.50 is more precise than 82.5.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Decimal(String);

impl Decimal {
    /// Accepts what JSON accepts as a number, but no exponent.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = match digits.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (digits, None),
        };
        let all_digits =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let fits = all_digits(whole)
            && (whole == "0" || !whole.starts_with('0'))
            && fraction.is_none_or(all_digits)
            && digits.len() <= 18;
        fits.then(|| Self(text.to_owned()))
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.0.clone()).map_err(S::Error::custom)?.serialize(serializer)
    }
}

/// A narrative's `div`. Text is always escaped; only [`Xhtml::within`] writes tags.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Xhtml(String);

impl Xhtml {
    #[must_use]
    pub fn new() -> Self {
        let lang = super::LANGUAGE;
        let xmlns = "http://www.w3.org/1999/xhtml";
        Self(format!("<div xmlns=\"{xmlns}\" lang=\"{lang}\" xml:lang=\"{lang}\">"))
    }

    pub fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                c => self.0.push(c),
            }
        }
    }

    /// Adds an element; `fill` adds its content.
    pub fn within(&mut self, tag: &'static str, fill: impl FnOnce(&mut Self)) {
        self.0.extend(["<", tag, ">"]);
        fill(self);
        self.0.extend(["</", tag, ">"]);
    }

    pub fn paragraph(&mut self, text: &str) {
        self.within("p", |p| p.text(text));
    }
}

impl Default for Xhtml {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for Xhtml {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}</div>", self.0)
    }
}

impl Serialize for Xhtml {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_keeps_its_lines_and_loses_what_fhir_and_xml_have_no_place_for() {
        let text = |text| Text::new(text).map(|text| text.as_str().to_owned());
        assert_eq!(text(" two\r\nlines\t").as_deref(), Some("two\r\nlines"));
        assert_eq!(text("a\u{0}b\u{b}c\u{a0}d\u{ffff}e").as_deref(), Some("a b c d e"));
        assert_eq!(text(" \u{a0}\u{2003}\u{1}"), None);
    }

    #[test]
    fn a_decimal_keeps_its_digits_and_what_is_none_is_refused() {
        for number in ["0", "82.50", "-0.5", "131", "37.0"] {
            let decimal = Decimal::parse(number).unwrap();
            assert_eq!(serde_json::to_string(&decimal).unwrap(), number);
        }
        for wrong in
            ["", "-", ".5", "5.", "007", "+5", "1e3", "5 6", "1/2", "٣", "1234567890123456789"]
        {
            assert_eq!(Decimal::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn whatever_is_written_into_a_narrative_stays_text() {
        let mut narrative = Xhtml::new();
        narrative.paragraph("<script>'5 > 4' & \"so\"</script>");
        assert_eq!(
            narrative.to_string(),
            "<div xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en-AU\" xml:lang=\"en-AU\"><p>&lt;script&gt;&#39;5 &gt; 4&#39; &amp; &quot;so&quot;&lt;/script&gt;</p></div>"
        );
    }
}
