//! The OpenID Connect issuer of a platform's own people.

use std::collections::BTreeMap;

use reqwest::Url;
use serde::Deserialize;

/// An issuer, and how its tokens say what we need.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Issuer {
    /// `iss` of its tokens, letter by letter. Its keys are found by OpenID Connect Discovery.
    pub issuer: String,
    /// `aud` of its tokens: one of these.
    pub audiences: Vec<String>,
    /// The names of the claims.
    pub claims: ClaimNames,
    /// The issuer's words for roles, and what they mean here.
    pub roles: BTreeMap<String, PersonRole>,
}

/// The names of the claims that say who a person is.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct ClaimNames {
    /// The platform's id of the person's practice, a text.
    pub practice: ClaimName,
    /// The person's roles: a word or a list of words.
    pub roles: ClaimName,
}

/// The name of a claim, such as `https://acme.example/practice`, or the names on the way to it, such as
/// `["realm_access", "roles"]`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(untagged)]
pub enum ClaimName {
    One(String),
    Path(Vec<String>),
}

/// What a person may do at their practice.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum PersonRole {
    PracticeAdmin,
    Clinician,
}

impl PersonRole {
    /// The name of the group of our user pool with the same rights.
    #[must_use]
    pub fn group(self) -> &'static str {
        match self {
            Self::PracticeAdmin => "practice-admin",
            Self::Clinician => "clinician",
        }
    }
}

impl ClaimName {
    fn is_empty(&self) -> bool {
        match self {
            Self::One(name) => name.is_empty(),
            Self::Path(path) => path.is_empty() || path.iter().any(String::is_empty),
        }
    }
}

impl Issuer {
    pub(super) fn check(&self) -> Result<(), String> {
        let url = Url::parse(&self.issuer).ok();
        let is_issuer = url.is_some_and(|url| {
            let is_plain = url.query().is_none() && url.fragment().is_none();
            is_plain && url.username().is_empty() && is_encrypted_or_local(&url)
        });
        if !is_issuer {
            return Err("has an issuer that is not an https address".to_owned());
        }
        if self.audiences.is_empty() || self.audiences.iter().any(String::is_empty) {
            return Err("has an issuer without an audience".to_owned());
        }
        if self.claims.practice.is_empty() || self.claims.roles.is_empty() {
            return Err("has an issuer with a claim that has no name".to_owned());
        }
        if self.roles.is_empty() {
            return Err("has an issuer without roles".to_owned());
        }
        Ok(())
    }
}

/// Whether what is read from this address cannot be changed on its way: https, or http on this machine.
#[must_use]
pub fn is_encrypted_or_local(url: &Url) -> bool {
    let is_local = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
    url.has_host() && (url.scheme() == "https" || (url.scheme() == "http" && is_local))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(change: impl Fn(&mut Value)) -> Result<(), String> {
        let mut issuer = json!({
            "issuer": "https://login.acme.example/tenant",
            "audiences": ["bridge"],
            "claims": { "practice": "https://acme.example/practice", "roles": ["realm_access", "roles"] },
            "roles": { "gp": "clinician", "manager": "practice-admin" },
        });
        change(&mut issuer);
        let issuer: Issuer = serde_json::from_value(issuer).map_err(|error| error.to_string())?;
        issuer.check()
    }

    #[test]
    fn an_issuer_needs_an_encrypted_address_except_on_this_machine() {
        assert_eq!(read(|_| {}), Ok(()));
        for local in ["http://127.0.0.1:8080", "http://localhost:1/x", "http://[::1]:8080"] {
            assert_eq!(read(|issuer| issuer["issuer"] = json!(local)), Ok(()), "{local}");
        }
        for wrong in [
            "http://login.acme.example",
            "http://127.0.0.1.acme.example",
            "login.acme.example",
            "https://",
            "https://user@acme.example",
            "https://acme.example?x",
            "ftp://acme.example",
            "",
        ] {
            assert!(read(|issuer| issuer["issuer"] = json!(wrong)).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn an_issuer_that_leaves_something_open_is_refused() {
        assert!(read(|issuer| issuer["audiences"] = json!([])).is_err());
        assert!(read(|issuer| issuer["audiences"] = json!([""])).is_err());
        assert!(read(|issuer| issuer["roles"] = json!({})).is_err());
        assert!(read(|issuer| issuer["roles"] = json!({ "boss": "owner" })).is_err());
        assert!(read(|issuer| issuer["claims"]["practice"] = json!("")).is_err());
        assert!(read(|issuer| issuer["claims"]["practice"] = json!([])).is_err());
        assert!(read(|issuer| issuer["claims"]["subject"] = json!("sub")).is_err());
        assert!(read(|issuer| issuer["jwksUri"] = json!("https://acme.example")).is_err());
    }
}
