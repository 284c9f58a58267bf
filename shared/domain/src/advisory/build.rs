//! Builds of Halo Link, compared by their parts.

use serde::Deserialize;

use crate::Invalid;

/// A build of Halo Link, such as `26.713.10445`: year, month and day, number. Release notes also write the
/// year with four digits. Sites also report a further part.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(try_from = "String")]
pub struct Build(Vec<u32>);

impl Build {
    /// Takes two to four numbers with full stops between them. The first is a year.
    ///
    /// # Errors
    /// If the text has any other form.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let unknown = Invalid("a build of Halo Link is year.monthday.number, such as 26.713.10445");
        let number = |part: &str| {
            let digits = (1..=9).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            part.parse().ok().filter(|_| digits)
        };
        let parts: Option<Vec<u32>> = text.trim().split('.').map(number).collect();
        let mut parts = parts.filter(|parts| (2..=4).contains(&parts.len())).ok_or(unknown)?;
        parts[0] = match parts[0] {
            year @ 20..=99 => year,
            year @ 2020..=2099 => year - 2000,
            _ => return Err(unknown),
        };
        Ok(Self(parts))
    }

    /// Whether it is this build or a later one. `None` if it has fewer parts than `other` and they are all
    /// equal.
    #[must_use]
    pub fn is_at_least(&self, other: &Self) -> Option<bool> {
        let differs = self.0.iter().zip(&other.0).find(|(own, theirs)| own != theirs);
        match differs {
            Some((own, theirs)) => Some(own > theirs),
            None => (self.0.len() >= other.0.len()).then_some(true),
        }
    }
}

impl TryFrom<String> for Build {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(text: &str) -> Build {
        Build::parse(text).unwrap()
    }

    #[test]
    fn builds_are_compared_number_by_number_and_a_whole_year_is_the_same_year() {
        let bound = build("26.202.8289");
        for later in [
            "26.202.8289",
            "26.202.8289.0",
            "2026.202.8289",
            "26.202.10000",
            "26.713.1",
            "27.1.1",
            "26.0713",
        ] {
            assert_eq!(build(later).is_at_least(&bound), Some(true), "{later}");
        }
        for earlier in [
            "26.202.8288",
            "26.202.999",
            "26.99.99999",
            "25.1210.7669",
            "24.527.2795.0",
            " 26.201 ",
        ] {
            assert_eq!(build(earlier).is_at_least(&bound), Some(false), "{earlier}");
        }
    }

    #[test]
    fn a_build_that_is_cut_off_where_it_matters_is_not_judged() {
        assert_eq!(build("26.202").is_at_least(&build("26.202.8289")), None);
        assert_eq!(build("26.202").is_at_least(&build("26.202")), Some(true));
    }

    #[test]
    fn another_spelling_is_no_build() {
        for unknown in [
            "",
            "26",
            "v26.713.1",
            "26.713.10445-beta",
            "26.713.10445+4f2a",
            "26..1",
            "26.713.",
            "26.713.1.2.3",
            "1.2.3",
            "2126.1.1",
            "26,713",
            "26.-1.2",
            "26.713.99999999999",
            "unknown",
            "٢٦.٧١٣.١",
        ] {
            assert!(Build::parse(unknown).is_err(), "{unknown:?}");
        }
    }
}
