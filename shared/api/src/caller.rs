//! Who calls, and what they may do. Every handler names its permission, because [`Allowed`] is the only way
//! to get a practice's id.

use std::collections::HashMap;
use std::marker::PhantomData;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use domain::ids::{PlatformId, PracticeId, Subject};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::problem::{Problem, ProblemType};

/// A person's role in their practice: a Cognito group.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// `practice-admin`.
    PracticeAdmin,
    /// `clinician`.
    Clinician,
}

/// A platform server's scope.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ToSchema)]
pub enum Scope {
    /// `practices.admin`.
    #[serde(rename = "practice-bridge/practices.admin")]
    PracticesAdmin,
    /// `correspondence.write`.
    #[serde(rename = "practice-bridge/correspondence.write")]
    CorrespondenceWrite,
    /// `bookings.write`.
    #[serde(rename = "practice-bridge/bookings.write")]
    BookingsWrite,
}

/// Who calls, according to the authorizer.
#[derive(Clone, Debug)]
pub enum Caller {
    /// A person of a practice.
    Person {
        /// Their account.
        subject: Subject,
        /// Their only practice, which belongs to their platform.
        practice: PracticeId,
        /// Their roles in it.
        roles: Vec<Role>,
    },
    /// A platform's server. It may call for every practice of its platform.
    Platform {
        /// The server's client id.
        subject: Subject,
        /// Whose server it is.
        platform: PlatformId,
        /// What the server may do.
        scopes: Vec<Scope>,
    },
}

impl Caller {
    /// Reads the authorizer's answer.
    ///
    /// # Errors
    /// 401 if there is no answer, or if the token has expired since API Gateway cached the answer.
    pub fn from_authorizer(
        fields: &HashMap<String, Value>,
        now: Timestamp,
    ) -> Result<Self, Problem> {
        let text =
            |name: &str| fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let refused = || Problem::new(ProblemType::Unauthenticated);
        let subject = Subject(text("subject").ok_or_else(refused)?.to_owned());
        let platform =
            text("platform").and_then(|id| PlatformId::parse(id).ok()).ok_or_else(refused)?;
        let TokenEnd(expires) = TokenEnd::from_authorizer(fields).ok_or_else(refused)?;
        if now >= expires {
            return Err(refused());
        }
        match text("kind").ok_or_else(refused)? {
            "person" => Ok(Self::Person {
                subject,
                practice: text("practiceId")
                    .and_then(|id| PracticeId::of(&platform, id).ok())
                    .ok_or_else(refused)?,
                roles: list(text("groups"), |group| match group {
                    "practice-admin" => Some(Role::PracticeAdmin),
                    "clinician" => Some(Role::Clinician),
                    _ => None,
                }),
            }),
            "platform" => Ok(Self::Platform {
                subject,
                platform,
                scopes: list(text("scopes"), |scope| match scope {
                    "practice-bridge/practices.admin" => Some(Scope::PracticesAdmin),
                    "practice-bridge/correspondence.write" => Some(Scope::CorrespondenceWrite),
                    "practice-bridge/bookings.write" => Some(Scope::BookingsWrite),
                    _ => None,
                }),
            }),
            _ => Err(refused()),
        }
    }

    /// The caller's practice with this id, as it is in a path. Of other platforms' practices no caller can even
    /// name one.
    #[must_use]
    pub fn practice(&self, public: &str) -> Option<PracticeId> {
        PracticeId::of(&self.platform(), public).ok()
    }

    /// The caller's platform.
    #[must_use]
    pub fn platform(&self) -> PlatformId {
        match self {
            Self::Person { practice, .. } => practice.platform(),
            Self::Platform { platform, .. } => platform.clone(),
        }
    }

    /// The token's subject.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        match self {
            Self::Person { subject, .. } | Self::Platform { subject, .. } => subject,
        }
    }
}

fn list<T>(text: Option<&str>, read: impl Fn(&str) -> Option<T>) -> Vec<T> {
    text.unwrap_or_default().split([',', ' ']).filter_map(read).collect()
}

/// When the caller's token ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenEnd(pub(crate) Timestamp);

impl TokenEnd {
    pub(crate) fn from_authorizer(fields: &HashMap<String, Value>) -> Option<Self> {
        let seconds = fields.get("expiresAt")?.as_str()?.parse().ok()?;
        Timestamp::from_second(seconds).ok().map(Self)
    }
}

/// Who may call a route.
pub trait Permission: Send + Sync + 'static {
    /// People need one of these roles.
    const ROLES: &'static [Role];
    /// Platforms' servers need one of these scopes.
    const SCOPES: &'static [Scope];
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident: $roles:expr, $scopes:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;
        impl Permission for $name {
            const ROLES: &'static [Role] = &$roles;
            const SCOPES: &'static [Scope] = &$scopes;
        }
    )*};
}

permissions! {
    /// Pair the practice, or link the caller.
    Connect: [Role::PracticeAdmin, Role::Clinician], [Scope::PracticesAdmin];
    /// See the connection, the locations and the settings.
    SeePractice: [Role::PracticeAdmin, Role::Clinician], [Scope::PracticesAdmin, Scope::CorrespondenceWrite, Scope::BookingsWrite];
    /// Disconnect the practice, or change its settings.
    ManagePractice: [Role::PracticeAdmin], [Scope::PracticesAdmin];
    /// Read patients' records. Clinicians only: platforms receive only what clinicians send them, and
    /// administrators only manage the practice. The clinician must also be linked to a Bp user: see
    /// `App::session_for`.
    ReadPatients: [Role::Clinician], [];
    /// Let another platform in. People of the practice only: a platform cannot let itself or others in.
    GrantAccess: [Role::PracticeAdmin], [];
    /// Change the staff list and the bookings.
    ManageBookings: [Role::PracticeAdmin], [Scope::BookingsWrite];
    /// See the staff list and the bookings.
    SeeBookings: [Role::PracticeAdmin, Role::Clinician], [Scope::BookingsWrite];
    /// Upload documents and send referrals.
    SendReferrals: [Role::Clinician], [Scope::CorrespondenceWrite];
    /// Read the summaries that clinicians have sent with referrals.
    SeeSentSummaries: [Role::Clinician], [Scope::CorrespondenceWrite];
    /// Send messages to clinicians' inboxes. Platforms only, because a message may name any sender.
    SendMessages: [], [Scope::CorrespondenceWrite];
    /// See deliveries.
    SeeDeliveries: [Role::PracticeAdmin, Role::Clinician], [Scope::CorrespondenceWrite];
    /// Read the audit trail.
    ReadAudit: [Role::PracticeAdmin], [];
    /// List the practices of the platform.
    ListPractices: [], [Scope::PracticesAdmin, Scope::CorrespondenceWrite, Scope::BookingsWrite];
}

impl Caller {
    fn may<P: Permission>(&self) -> Result<(), Problem> {
        let may = match self {
            Self::Person { roles, .. } => roles.iter().any(|role| P::ROLES.contains(role)),
            Self::Platform { scopes, .. } => scopes.iter().any(|scope| P::SCOPES.contains(scope)),
        };
        let forbidden = || {
            Problem::because(
                ProblemType::Forbidden,
                "The token is valid, but its role or scope does not cover this.",
            )
        };
        may.then_some(()).ok_or_else(forbidden)
    }

    fn of(parts: &Parts) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Self>().cloned();
        caller.ok_or_else(|| Problem::new(ProblemType::Unauthenticated))
    }
}

/// Any caller with a valid token.
#[derive(Debug)]
pub(crate) struct Anybody {
    pub(crate) caller: Caller,
    pub(crate) token_expires_at: Timestamp,
}

impl<S: Send + Sync> FromRequestParts<S> for Anybody {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let caller = Caller::of(parts)?;
        let end = parts.extensions.get::<TokenEnd>();
        let TokenEnd(token_expires_at) =
            *end.ok_or_else(|| Problem::new(ProblemType::Unauthenticated))?;
        Ok(Self { caller, token_expires_at })
    }
}

/// A caller who may do `P` for their platform as a whole.
#[derive(Debug)]
pub(crate) struct OfPlatform<P> {
    pub(crate) platform: PlatformId,
    permission: PhantomData<P>,
}

impl<P: Permission, S: Send + Sync> FromRequestParts<S> for OfPlatform<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let caller = Caller::of(parts)?;
        caller.may::<P>()?;
        Ok(Self { platform: caller.platform(), permission: PhantomData })
    }
}

/// A caller who may do `P` in the practice of the path.
#[derive(Debug)]
pub struct Allowed<P> {
    /// The practice in the path. A person may only name their own.
    pub practice: PracticeId,
    /// Who calls.
    pub caller: Caller,
    permission: PhantomData<P>,
}

impl<P: Permission, S: Send + Sync> FromRequestParts<S> for Allowed<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let caller = Caller::of(parts)?;
        let Path(segments) = Path::<HashMap<String, String>>::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::new(ProblemType::NotFound))?;
        let practice = segments
            .get("practiceId")
            .and_then(|id| caller.practice(id))
            .ok_or_else(|| Problem::new(ProblemType::NotFound))?;
        // For a person, other practices do not exist.
        if matches!(&caller, Caller::Person { practice: own, .. } if *own != practice) {
            return Err(Problem::new(ProblemType::NotFound));
        }
        caller.may::<P>()?;
        Ok(Self { practice, caller, permission: PhantomData })
    }
}

#[cfg(test)]
mod tests;
