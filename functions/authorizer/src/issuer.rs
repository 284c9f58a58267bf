//! People of a platform's own OpenID Connect issuer.

use std::collections::HashMap;

use config::{ClaimName, Issuer, PersonRole};
use jsonwebtoken::{Algorithm, Validation, decode};
use reqwest::Client;
use serde_json::Value;

use crate::claims::{Claims, Refused, now, refused};
use crate::keys::Keys;

/// The longest `sub`, by OpenID Connect Core.
const LONGEST_SUBJECT: usize = 255;
/// How far the issuer's clock may differ from ours, in seconds.
const CLOCKS_DIFFER: u64 = 30;

/// An issuer that one platform trusts for its people.
#[derive(Debug)]
pub(crate) struct PlatformIssuer {
    platform: String,
    config: Issuer,
    keys: Keys,
}

impl PlatformIssuer {
    pub(crate) fn new(http: Client, platform: String, config: Issuer) -> Self {
        let keys = Keys::discovered(http, config.issuer.clone());
        Self { platform, config, keys }
    }

    /// An issuer whose keys are known, for tests.
    #[cfg(test)]
    pub(crate) fn with_keys(platform: &str, config: Issuer, keys: Keys) -> Self {
        Self { platform: platform.to_owned(), config, keys }
    }

    /// `iss` of its tokens.
    pub(crate) fn name(&self) -> &str {
        &self.config.issuer
    }

    /// Verifies an ID token or an access token. Both are accepted if their audience and claims fit.
    pub(crate) async fn verify(&self, token: &str, key_id: &str) -> Result<(Claims, u64), Refused> {
        let key = self.keys.find(key_id).await?;
        let mut validation = Validation::new(Algorithm::RS256);
        validation.algorithms = key.algorithms;
        validation.set_issuer(&[&self.config.issuer]);
        validation.set_audience(&self.config.audiences);
        validation.set_required_spec_claims(&["exp", "iss", "sub", "aud"]);
        validation.validate_nbf = true;
        validation.leeway = CLOCKS_DIFFER;
        let claims = decode::<HashMap<String, Value>>(token, &key.key, &validation)
            .map_err(|error| refused(&error))?
            .claims;
        self.judge(&claims)
    }

    fn judge(&self, claims: &HashMap<String, Value>) -> Result<(Claims, u64), Refused> {
        let ends = claims.get("exp").and_then(Value::as_u64).ok_or(Refused::Malformed)?;
        if ends <= now() {
            return Err(Refused::Expired);
        }
        let subject = claims.get("sub").and_then(Value::as_str).ok_or(Refused::Malformed)?;
        let is_subject = (1..=LONGEST_SUBJECT).contains(&subject.len())
            && subject.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if !is_subject {
            return Err(Refused::Malformed);
        }
        let practice = claim(claims, &self.config.claims.practice).and_then(Value::as_str);
        let words = match claim(claims, &self.config.claims.roles) {
            Some(Value::String(word)) => vec![word.as_str()],
            Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let roles = words.into_iter().filter_map(|word| self.config.roles.get(word));
        let mut groups: Vec<_> = roles.map(|role: &PersonRole| role.group()).collect();
        groups.sort_unstable();
        groups.dedup();
        let claims = Claims::of_person(
            // No two issuers have a subject in common, and none has one of Cognito's.
            format!("{}|{subject}", self.platform),
            self.platform.clone(),
            practice.map(str::to_owned),
            groups.join(","),
            ends,
        )?;
        Ok((claims, ends))
    }
}

fn claim<'a>(claims: &'a HashMap<String, Value>, name: &ClaimName) -> Option<&'a Value> {
    match name {
        ClaimName::One(name) => claims.get(name),
        ClaimName::Path(path) => {
            let (first, rest) = path.split_first()?;
            rest.iter().try_fold(claims.get(first)?, |value, name| value.get(name))
        }
    }
}

#[cfg(test)]
mod tests;
