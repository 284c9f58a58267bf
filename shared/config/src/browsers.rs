//! Which web pages may call the API.

use reqwest::Url;
use reqwest::header::HeaderValue;

use super::{ConfigError, Reader, of_process};

/// Which web pages may call the API. Pages of its own origin always may.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct BrowserConfig {
    /// `*` or one origin, as browsers write it.
    pub allowed_origin: Option<HeaderValue>,
}

impl BrowserConfig {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// When the variable is neither `*` nor an origin.
    pub fn read() -> Result<Self, ConfigError> {
        Self::from(&of_process)
    }

    fn from(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        const NAME: &str = "ALLOWED_ORIGIN";
        let mut reader = Reader::new(lookup);
        let allowed_origin = reader.optional(NAME).and_then(|text| {
            let origin = as_browsers_write_it(&text);
            if origin.is_none() {
                reader.problems.push(format!(
                    "{NAME} is neither * nor an origin as browsers write it, such as https://app.example.org"
                ));
            }
            origin
        });
        reader.finish(Some(Self { allowed_origin }))
    }
}

/// Browsers compare origins letter by letter. With a path, a default port or a capital letter, no page
/// would ever match.
fn as_browsers_write_it(text: &str) -> Option<HeaderValue> {
    let is_origin =
        || Url::parse(text).is_ok_and(|url| url.origin().ascii_serialization() == *text);
    (text == "*" || is_origin()).then(|| HeaderValue::from_str(text).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(text: &str) -> Result<Option<String>, String> {
        BrowserConfig::from(&|_| Some(text.to_owned()))
            .map(|config| config.allowed_origin.map(|value| value.to_str().unwrap().to_owned()))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn no_page_of_another_origin_may_call_unless_one_or_all_are_named() {
        assert_eq!(allowed(""), Ok(None));
        for origin in ["*", "https://app.example.org", "http://127.0.0.1:5173"] {
            assert_eq!(allowed(origin), Ok(Some(origin.to_owned())));
        }
    }

    #[test]
    fn an_origin_that_no_browser_would_ever_send_is_refused_at_once() {
        for wrong in [
            "https://app.example.org/",
            "https://app.example.org:443",
            "https://App.example.org",
            "app.example.org",
            "https://one.example.org, https://two.example.org",
            "null",
        ] {
            assert!(allowed(wrong).unwrap_err().contains("ALLOWED_ORIGIN"), "{wrong}");
        }
    }
}
