//! Platforms' servers that call for their platform, not for a practice.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::events::Reader;
use domain::ids::{PlatformId, Subject};

use crate::caller::{Caller, Scope};
use crate::problem::{Problem, ProblemType};

/// A platform's server with at least one scope.
#[derive(Clone, Debug)]
pub(crate) struct PlatformServer {
    /// Whose server it is.
    pub(crate) platform: PlatformId,
    /// The server's client id.
    pub(crate) subject: Subject,
    /// The events that its scopes may see.
    pub(crate) readers: Vec<Reader>,
}

impl PlatformServer {
    /// One of these scopes is enough.
    pub(crate) const SCOPES: &'static [Scope] =
        &[Scope::PracticesAdmin, Scope::CorrespondenceWrite, Scope::BookingsWrite];
}

fn reader(scope: Scope) -> Reader {
    match scope {
        Scope::PracticesAdmin => Reader::PracticesAdmin,
        Scope::CorrespondenceWrite => Reader::Correspondence,
        Scope::BookingsWrite => Reader::Bookings,
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PlatformServer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match parts.extensions.get::<Caller>().cloned() {
            None => Err(Problem::new(ProblemType::Unauthenticated)),
            Some(Caller::Platform { subject, platform, scopes }) if !scopes.is_empty() => {
                Ok(Self { platform, subject, readers: scopes.into_iter().map(reader).collect() })
            }
            Some(_) => Err(Problem::because(
                ProblemType::Forbidden,
                "Only a platform's server may do this, with at least one scope.",
            )),
        }
    }
}
