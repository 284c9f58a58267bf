//! Which web pages may call the API.

use reqwest::Url;
use reqwest::header::HeaderValue;

use super::{ConfigError, Reader, of_process};

/// Which web pages may call the API. Pages of its own origin always may.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum BrowserConfig {
    /// No page of another origin.
    #[default]
    Nobody,
    /// Pages of any origin.
    Anybody,
    /// Pages of these origins, as browsers write them.
    Origins(Vec<HeaderValue>),
}

impl BrowserConfig {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// When the variable is neither `*` nor a list of origins.
    pub fn read() -> Result<Self, ConfigError> {
        Self::from(&of_process)
    }

    fn from(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        const NAME: &str = "ALLOWED_ORIGINS";
        let mut reader = Reader::new(lookup);
        let config = match reader.optional(NAME) {
            None => Self::Nobody,
            Some(text) if text == "*" => Self::Anybody,
            Some(text) => {
                let origins = text.split(',').map(as_browsers_write_it).collect::<Option<Vec<_>>>();
                if origins.is_none() {
                    reader.problems.push(format!(
                        "{NAME} is neither * nor origins as browsers write them, such as https://app.example.org, separated by commas"
                    ));
                }
                origins.map_or(Self::Nobody, Self::Origins)
            }
        };
        reader.finish(Some(config))
    }

    /// The origin whose pages may read the answer to a request with this `Origin`.
    #[must_use]
    pub fn allows(&self, origin: Option<&HeaderValue>) -> Option<HeaderValue> {
        match self {
            Self::Nobody => None,
            Self::Anybody => Some(HeaderValue::from_static("*")),
            Self::Origins(origins) => origin.filter(|origin| origins.contains(origin)).cloned(),
        }
    }
}

/// Browsers compare origins letter by letter. With a path, a default port or a capital letter, no page
/// would ever match. Apps have schemes of their own, such as `capacitor://localhost`.
fn as_browsers_write_it(text: &str) -> Option<HeaderValue> {
    let url = Url::parse(text).ok()?;
    let own_scheme = url.host_str().filter(|_| !url.origin().is_tuple() && url.scheme() != "file");
    let written = match own_scheme {
        Some(host) => {
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            format!("{}://{}{port}", url.scheme(), host.to_ascii_lowercase())
        }
        None => url.origin().ascii_serialization(),
    };
    (written == text && text != "null").then(|| HeaderValue::from_str(text).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(text: &str) -> Result<BrowserConfig, String> {
        BrowserConfig::from(&|_| Some(text.to_owned())).map_err(|error| error.to_string())
    }

    fn origins(list: &[&'static str]) -> BrowserConfig {
        BrowserConfig::Origins(list.iter().map(|origin| HeaderValue::from_static(origin)).collect())
    }

    #[test]
    fn no_page_of_another_origin_may_call_unless_some_or_all_are_named() {
        assert_eq!(allowed(""), Ok(BrowserConfig::Nobody));
        assert_eq!(allowed("*"), Ok(BrowserConfig::Anybody));
        for origin in [
            "https://app.example.org",
            "http://127.0.0.1:5173",
            "capacitor://localhost",
            "https://[::1]:1",
        ] {
            assert_eq!(allowed(origin), Ok(origins(&[origin])));
        }
        let both = ["https://app.example.org", "capacitor://localhost"];
        assert_eq!(allowed(&both.join(",")), Ok(origins(&both)));
    }

    #[test]
    fn only_the_very_same_origin_is_allowed() {
        let config = allowed("https://app.example.org,http://localhost:5173").unwrap();
        let allows = |origin| config.allows(Some(&HeaderValue::from_static(origin)));
        assert_eq!(allows("http://localhost:5173").unwrap(), "http://localhost:5173");
        for other in ["https://app.example.org.evil.example", "http://localhost", "null", "*"] {
            assert_eq!(allows(other), None, "{other}");
        }
        assert_eq!(config.allows(None), None);
    }

    #[test]
    fn an_origin_that_no_browser_would_ever_send_is_refused_at_once() {
        for wrong in [
            "https://app.example.org/",
            "https://app.example.org:443",
            "https://App.example.org",
            "app.example.org",
            "https://one.example.org, https://two.example.org",
            "https://one.example.org,",
            "https://one.example.org,*",
            "capacitor://localhost/",
            "file:///index.html",
            "null",
        ] {
            assert!(allowed(wrong).unwrap_err().contains("ALLOWED_ORIGINS"), "{wrong}");
        }
    }
}
