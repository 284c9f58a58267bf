//! The platforms whose servers and people may call.

use std::collections::HashSet;
use std::str::FromStr;

use serde::Deserialize;

use super::issuer::Issuer;

/// What a platform's server may be allowed to do.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
pub enum PlatformScope {
    #[serde(rename = "practices.admin")]
    PracticesAdmin,
    #[serde(rename = "correspondence.write")]
    CorrespondenceWrite,
    #[serde(rename = "bookings.write")]
    BookingsWrite,
}

impl PlatformScope {
    /// The scope as it stands in tokens.
    #[must_use]
    pub fn in_tokens(self) -> &'static str {
        match self {
            Self::PracticesAdmin => "practice-bridge/practices.admin",
            Self::CorrespondenceWrite => "practice-bridge/correspondence.write",
            Self::BookingsWrite => "practice-bridge/bookings.write",
        }
    }
}

/// A platform: a tenant.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Platform {
    /// Its id, which is part of its practices' keys. It must never change.
    pub id: String,
    /// The Cognito app clients of its servers.
    pub clients: Vec<String>,
    /// What its servers may do at most, whatever their tokens say.
    pub scopes: Vec<PlatformScope>,
    /// Where its people sign in, if they do not use our user pool.
    #[serde(default)]
    pub issuer: Option<Issuer>,
}

/// All platforms of the deployment.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Platforms(Vec<Platform>);

/// The variable: the platforms whose clients the template creates, and the others.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Variable {
    own: Vec<Platform>,
    others: Vec<Platform>,
}

impl FromStr for Platforms {
    type Err = String;

    /// Reads the variable strictly. A mistake here could let a server reach another platform's practices.
    fn from_str(text: &str) -> Result<Self, String> {
        let Variable { mut own, others } = serde_json::from_str(text).map_err(|error| {
            format!("is not a list of platforms (line {}, column {})", error.line(), error.column())
        })?;
        own.extend(others);
        let mut ids = HashSet::new();
        let mut clients = HashSet::new();
        let mut issuers = HashSet::new();
        for platform in &own {
            if !is_id(&platform.id) {
                return Err(
                    "has an id that is not 1 to 32 lower-case letters, digits, hyphens and \
                    underscores"
                        .to_owned(),
                );
            }
            if !ids.insert(platform.id.as_str()) {
                return Err("names a platform twice".to_owned());
            }
            for client in &platform.clients {
                if client.is_empty() || !clients.insert(client.as_str()) {
                    return Err("has an app client that is empty or stands there twice".to_owned());
                }
            }
            if let Some(issuer) = &platform.issuer {
                issuer.check()?;
                if !issuers.insert(issuer.issuer.as_str()) {
                    return Err("names an issuer twice".to_owned());
                }
            }
        }
        if !ids.contains("home") {
            return Err("lacks the home platform".to_owned());
        }
        Ok(Self(own))
    }
}

impl Platforms {
    /// All platforms.
    pub fn iter(&self) -> impl Iterator<Item = &Platform> {
        self.0.iter()
    }

    /// The platform with this id.
    #[must_use]
    pub fn named(&self, id: &str) -> Option<&Platform> {
        self.0.iter().find(|platform| platform.id == id)
    }

    /// The platform of a server.
    #[must_use]
    pub fn of_client(&self, client: &str) -> Option<&Platform> {
        self.0.iter().find(|platform| platform.clients.iter().any(|own| own == client))
    }
}

/// The same rule as `domain::ids::PlatformId`, which this crate does not know.
fn is_id(text: &str) -> bool {
    let fits = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_')
    };
    (1..=32).contains(&text.len()) && text.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: &str = r#"{"id":"home","clients":["one"],"scopes":["practices.admin"]}"#;

    fn parsed(own: &str, others: &str) -> Result<Platforms, String> {
        format!(r#"{{"own":[{own}],"others":[{others}]}}"#).parse()
    }

    #[test]
    fn each_client_belongs_to_one_platform() {
        let acme = r#"{"id":"acme","clients":["two","three"],"scopes":["bookings.write"]}"#;
        let platforms = parsed(HOME, acme).unwrap();
        assert_eq!(platforms.of_client("one").unwrap().id, "home");
        assert_eq!(platforms.of_client("three").unwrap().id, "acme");
        assert_eq!(platforms.of_client("four"), None);
        assert_eq!(platforms.named("acme").unwrap().scopes, [PlatformScope::BookingsWrite]);
        assert_eq!(platforms.named("Acme"), None);
    }

    #[test]
    fn what_is_not_clear_is_refused() {
        for (other, why) in [
            (r#"{"id":"home","clients":[],"scopes":[]}"#, "twice"),
            (r#"{"id":"acme","clients":["one"],"scopes":[]}"#, "client"),
            (r#"{"id":"acme","clients":["two","two"],"scopes":[]}"#, "client"),
            (r#"{"id":"acme","clients":[""],"scopes":[]}"#, "client"),
            (r#"{"id":"Acme","clients":[],"scopes":[]}"#, "id"),
            (r#"{"id":"ac.me","clients":[],"scopes":[]}"#, "id"),
            (r#"{"id":"","clients":[],"scopes":[]}"#, "id"),
            (r#"{"id":"acme","clients":[],"scopes":["patients.read"]}"#, "column"),
            (r#"{"id":"acme","clients":[]}"#, "column"),
            (r#"{"id":"acme","clients":[],"scopes":[],"admin":true}"#, "column"),
        ] {
            let refused = parsed(HOME, other).unwrap_err();
            assert!(refused.contains(why), "{other}: {refused}");
        }
        assert!(parsed("", "").unwrap_err().contains("home"));
        for wrong in ["", "[]", "{}", r#"{"own":[]}"#] {
            assert!(wrong.parse::<Platforms>().is_err(), "{wrong:?} was taken");
        }
    }
}
