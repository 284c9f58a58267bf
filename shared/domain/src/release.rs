//! The Bp releases that the integration works with. Bp Premier Orchid SP2 (June 2024) and earlier break
//! third-party integrations; Spectra fixes this (referral guide, troubleshooting).

use std::collections::BTreeMap;

use serde::Deserialize;

/// The order of Bp's releases. It is a data file, because Bp's version numbers are not public.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReleaseTable {
    /// Release names, oldest first.
    releases: Vec<String>,
    /// The first release that works.
    first_supported: String,
    /// Release names by the beginning of a numeric version (`"1.14"` or `"1.14.2"`).
    numbers: BTreeMap<String, String>,
}

/// What the table says about a version.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Support {
    /// It works.
    Supported,
    /// It must be updated first.
    TooOld,
    /// Not in the table. It is accepted, because refusing a newer release would be worse than trying it.
    Unknown,
}

impl ReleaseTable {
    /// Reads a table and checks that it is consistent.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn parse(json: &str) -> Result<Self, String> {
        let table: Self = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let known =
            |name: &String| table.releases.iter().any(|release| release.eq_ignore_ascii_case(name));
        if !known(&table.first_supported) {
            return Err("firstSupported is not among the releases".to_owned());
        }
        if !table.numbers.values().all(known) {
            return Err("numbers names a release that is not among the releases".to_owned());
        }
        Ok(table)
    }

    /// Judges `practiceMetadata.practiceManagementVersion`.
    #[must_use]
    pub fn judge(&self, version: &str) -> Support {
        let Some(release) = self.rank(version) else { return Support::Unknown };
        let first =
            self.releases.iter().position(|name| name.eq_ignore_ascii_case(&self.first_supported));
        if first.is_some_and(|first| release < first) {
            Support::TooOld
        } else {
            Support::Supported
        }
    }

    /// Whether a release of this name is in the table.
    #[must_use]
    pub fn knows(&self, release: &str) -> bool {
        self.place(release).is_some()
    }

    /// Whether a version is one of the releases in a range: `from` belongs to it, `before` does not. Only a
    /// certain version counts. A version with unknown words, such as "Spectra SP9" if the table has only
    /// Spectra, is in no range. No version is in a range whose bound is not in the table.
    #[must_use]
    pub fn is_within(&self, version: &str, from: Option<&str>, before: Option<&str>) -> bool {
        let Some(release) = self.certain(version) else { return false };
        from.is_none_or(|from| self.place(from).is_some_and(|from| release >= from))
            && before.is_none_or(|end| self.place(end).is_some_and(|end| release < end))
    }

    fn place(&self, release: &str) -> Option<usize> {
        self.releases.iter().position(|name| name.eq_ignore_ascii_case(release))
    }

    /// The place of a release in the table, if it is certain. That is so if the version is a number only. It
    /// is also so if it is the release's name, with at most the product's name before it and a revision
    /// number after it.
    fn certain(&self, version: &str) -> Option<usize> {
        let place = self.rank(version)?;
        let words: Vec<String> = version.split_whitespace().map(str::to_lowercase).collect();
        let is_number = |word: &String| {
            word.starts_with(|c: char| c.is_ascii_digit())
                && word.chars().all(|c| c.is_ascii_digit() || c == '.')
        };
        if let [only] = &words[..]
            && is_number(only)
        {
            return Some(place);
        }
        let name = self.releases[place].to_lowercase();
        let name: Vec<&str> = name.split_whitespace().collect();
        let product = ["best", "practice", "bp", "premier"];
        let own = words.iter().skip_while(|word| product.contains(&word.as_str()));
        let own: Vec<&String> = own.collect();
        let (release, revision) = own.split_at_checked(name.len())?;
        let plain = |word: &&String| {
            is_number(word) || ["revision", "rev", "build", "version"].contains(&word.as_str())
        };
        (release == name && revision.iter().all(plain)).then_some(place)
    }

    /// The place of the longest release name in the version's words, or of the longest matching number. "Bp
    /// Premier Orchid SP2" is Orchid SP2, not Orchid.
    fn rank(&self, version: &str) -> Option<usize> {
        let words: Vec<String> = version.split_whitespace().map(str::to_lowercase).collect();
        let named = self
            .releases
            .iter()
            .enumerate()
            .filter(|(_, name)| {
                let name: Vec<String> = name.split_whitespace().map(str::to_lowercase).collect();
                words.windows(name.len()).any(|window| window == name)
            })
            .max_by_key(|(_, name)| name.len());
        if let Some((place, _)) = named {
            return Some(place);
        }
        let parts: Vec<&str> = words
            .iter()
            .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?
            .split('.')
            .collect();
        let (_, name) = self
            .numbers
            .iter()
            .filter(|(number, _)| parts.starts_with(&number.split('.').collect::<Vec<_>>()))
            .max_by_key(|(number, _)| number.len())?;
        self.releases.iter().position(|release| release.eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> ReleaseTable {
        ReleaseTable::parse(
            r#"{"releases": ["Jade", "Orchid", "Orchid SP2", "Spectra", "Spectra SP1"],
                "firstSupported": "Spectra", "numbers": {"1.13": "Orchid", "1.14": "Spectra"}}"#,
        )
        .unwrap()
    }

    #[test]
    fn orchid_sp2_and_earlier_are_too_old_and_spectra_is_not() {
        for old in ["Orchid SP2", "orchid", "Bp Premier Orchid SP2", "Jade SP3", "1.13.0.5"] {
            assert_eq!(table().judge(old), Support::TooOld, "{old}");
        }
        for good in ["Spectra", "Spectra SP1", "BP PREMIER SPECTRA SP1 Revision 2", "1.14.1"] {
            assert_eq!(table().judge(good), Support::Supported, "{good}");
        }
    }

    #[test]
    fn a_range_holds_only_versions_that_are_surely_in_it() {
        let spectra = |version| table().is_within(version, Some("Spectra"), None);
        for inside in [
            "Spectra",
            " spectra sp1 ",
            "Best Practice Premier Spectra",
            "BP PREMIER SPECTRA SP1 Revision 2",
            "Spectra 1.14.0.3",
            "1.14.2",
        ] {
            assert!(spectra(inside), "{inside}");
        }
        for outside in
            ["Spectra SP2", "Spectra SP1a", "Not Spectra", "Orchid", "1.140", "", "1.14 beta"]
        {
            assert!(!spectra(outside), "{outside}");
        }
        let before = |end| table().is_within("Spectra", None, Some(end));
        assert!(before("spectra sp1"));
        assert!(!before("Spectra") && !before("Quokka"));
        assert!(!table().is_within("Spectra", Some("Quokka"), None));
    }

    #[test]
    fn a_release_nobody_has_heard_of_is_tried() {
        for unknown in ["Quokka", "", "9.1", "1.130"] {
            assert_eq!(table().judge(unknown), Support::Unknown, "{unknown}");
        }
    }
}
