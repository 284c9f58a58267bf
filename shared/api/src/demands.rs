//! What a handler's parameters say about its operation: who may call it, and which problems reading the request
//! can give. The document takes this from the handlers' types, so it cannot differ from the code.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;

use crate::caller::{Allowed, Anybody, OfPlatform, Permission, Role, Scope};
use crate::conditional::{IfMatch, IfNoneMatch};
use crate::input::{Body, Parameters};
use crate::platform_server::PlatformServer;
use crate::problem::ProblemType;

/// What a handler demands of a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Demands {
    /// The roles and scopes that may call, or None if no token is needed.
    pub(crate) callers: Option<(&'static [Role], &'static [Scope])>,
    /// The problems of requests that cannot be read or are not allowed.
    pub(crate) problems: Vec<ProblemType>,
}

/// A parameter of a handler.
pub(crate) trait Parameter {
    fn add_to(_demands: &mut Demands) {}
}

impl<T> Parameter for State<T> {}
/// A path that cannot be read belongs to nothing, which handlers say with 404.
impl<T> Parameter for Path<T> {}
impl Parameter for HeaderMap {}
impl Parameter for Bytes {}

impl<P: Permission> Parameter for Allowed<P> {
    fn add_to(demands: &mut Demands) {
        demands.callers = Some((P::ROLES, P::SCOPES));
        demands.problems.extend([
            ProblemType::Unauthenticated,
            ProblemType::Forbidden,
            ProblemType::NotFound,
            ProblemType::SignInUnavailable,
            ProblemType::StorageUnavailable,
        ]);
    }
}

impl Parameter for PlatformServer {
    fn add_to(demands: &mut Demands) {
        demands.callers = Some((&[], Self::SCOPES));
        demands.problems.extend([
            ProblemType::Unauthenticated,
            ProblemType::Forbidden,
            ProblemType::SignInUnavailable,
            ProblemType::StorageUnavailable,
        ]);
    }
}

impl<P: Permission> Parameter for OfPlatform<P> {
    fn add_to(demands: &mut Demands) {
        demands.callers = Some((P::ROLES, P::SCOPES));
        demands.problems.extend([
            ProblemType::Unauthenticated,
            ProblemType::Forbidden,
            ProblemType::SignInUnavailable,
            ProblemType::StorageUnavailable,
        ]);
    }
}

impl Parameter for Anybody {
    fn add_to(demands: &mut Demands) {
        demands.problems.extend([
            ProblemType::Unauthenticated,
            ProblemType::SignInUnavailable,
            ProblemType::StorageUnavailable,
        ]);
    }
}

impl<T> Parameter for Body<T> {
    fn add_to(demands: &mut Demands) {
        demands.problems.extend([
            ProblemType::InvalidRequest,
            ProblemType::UnsupportedMediaType,
            ProblemType::RequestTooLarge,
        ]);
    }
}

impl<T> Parameter for Parameters<T> {
    fn add_to(demands: &mut Demands) {
        demands.problems.push(ProblemType::InvalidRequest);
    }
}

impl Parameter for IfNoneMatch {}

impl Parameter for IfMatch {
    fn add_to(demands: &mut Demands) {
        demands.problems.push(ProblemType::PreconditionFailed);
    }
}

/// A handler with these parameters.
pub(crate) trait Takes<Parameters> {
    fn demands() -> Demands;
}

macro_rules! takes {
    ($($parameter:ident)*) => {
        impl<F, R, $($parameter: Parameter,)*> Takes<($($parameter,)*)> for F
        where
            F: Fn($($parameter),*) -> R,
        {
            fn demands() -> Demands {
                #[allow(unused_mut, reason = "a handler may have no parameters")]
                let mut demands = Demands::default();
                $($parameter::add_to(&mut demands);)*
                demands
            }
        }
    };
}

takes!();
takes!(A);
takes!(A B);
takes!(A B C);
takes!(A B C D);
takes!(A B C D E);
takes!(A B C D E G);

/// The demands of this handler. The handler is only named, never called, so a program that uses this does not
/// contain it.
pub(crate) fn demands_of<H: Takes<P>, P>(_handler: H) -> Demands {
    H::demands()
}
