//! How many requests callers may send.

use super::{ConfigError, Reader, of_process};

/// How many requests callers may send within a window. Each kind has three numbers: for a person, at a practice and for
/// a platform. 0 means any number. A kind without a variable has no limit.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct LimitsConfig {
    /// Searches for patients and reads of their records.
    pub records: [u32; 3],
    /// Other reads that query Bp.
    pub queries: [u32; 3],
    /// Checks of a Bp Site ID.
    pub validations: [u32; 3],
    /// Documents that are announced for upload.
    pub uploads: [u32; 3],
    /// Everything that changes something.
    pub writes: [u32; 3],
    /// All other reads.
    pub reads: [u32; 3],
}

impl LimitsConfig {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// Names every variable that is wrong.
    pub fn read() -> Result<Self, ConfigError> {
        Self::from(&of_process)
    }

    fn from(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(lookup);
        let config = Self {
            records: reader.numbers("LIMIT_RECORDS"),
            queries: reader.numbers("LIMIT_QUERIES"),
            validations: reader.numbers("LIMIT_VALIDATIONS"),
            uploads: reader.numbers("LIMIT_UPLOADS"),
            writes: reader.numbers("LIMIT_WRITES"),
            reads: reader.numbers("LIMIT_READS"),
        };
        reader.finish(Some(config))
    }
}

impl Reader<'_> {
    fn numbers(&mut self, name: &str) -> [u32; 3] {
        let Some(text) = self.optional(name) else { return [0; 3] };
        let numbers: Result<Vec<u32>, _> =
            text.split(',').map(|number| number.trim().parse()).collect();
        numbers.ok().and_then(|numbers| numbers.try_into().ok()).unwrap_or_else(|| {
            self.problems.push(format!("{name} is not three numbers"));
            [0; 3]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_set_has_no_limit_and_what_is_wrong_is_named() {
        assert_eq!(LimitsConfig::from(&|_| None).unwrap(), LimitsConfig::default());
        let set = |name: &str| (name == "LIMIT_WRITES").then(|| "200, 2000,0".to_owned());
        assert_eq!(LimitsConfig::from(&set).unwrap().writes, [200, 2000, 0]);
        for wrong in ["many", "200", "1,2,3,4", "1,2,-3", "1,2,4294967296"] {
            let lookup = |name: &str| name.starts_with("LIMIT_R").then(|| wrong.to_owned());
            let error = LimitsConfig::from(&lookup).unwrap_err().to_string();
            assert!(error.contains("LIMIT_RECORDS") && error.contains("LIMIT_READS"), "{error}");
            assert!(!error.contains(wrong), "a value is repeated: {error}");
        }
    }
}
