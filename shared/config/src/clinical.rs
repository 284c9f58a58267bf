//! Configuration of the clinical import.

use std::num::NonZeroU16;

use super::{ConfigError, Reader, of_process};

/// What the clinical import needs in addition to [`super::PracticeConfig`].
#[derive(Clone, Debug)]
pub struct ClinicalConfig {
    /// How many observations of a kind are shown.
    pub observations_per_code: NonZeroU16,
}

impl ClinicalConfig {
    /// Enough to show a trend.
    const OBSERVATIONS: NonZeroU16 = NonZeroU16::new(5).unwrap();

    /// Reads the process's environment.
    ///
    /// # Errors
    /// When a variable is wrong.
    pub fn read() -> Result<Self, ConfigError> {
        Self::from(&of_process)
    }

    fn from(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        const NAME: &str = "OBSERVATIONS_PER_CODE";
        let mut reader = Reader::new(lookup);
        let number = reader.optional(NAME).map_or(Ok(Self::OBSERVATIONS), |text| text.parse());
        if number.is_err() {
            reader.problems.push(format!("{NAME} is not a number from 1 to 65535"));
        }
        reader.finish(number.ok().map(|observations_per_code| Self { observations_per_code }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_observations_of_a_kind_are_shown_unless_another_number_is_given() {
        let shown = |value: Option<&str>| {
            ClinicalConfig::from(&|_| value.map(str::to_owned))
                .map(|config| config.observations_per_code.get())
        };
        assert_eq!(shown(None).unwrap(), 5);
        assert_eq!(shown(Some("12")).unwrap(), 12);
        assert!(shown(Some("0")).is_err());
        assert!(shown(Some("all")).unwrap_err().to_string().contains("OBSERVATIONS_PER_CODE"));
    }
}
