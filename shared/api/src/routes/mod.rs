//! The routes. Each group below is served by one function.

mod account;
mod attachments;
mod audit;
mod bookings;
mod clinical;
mod connection;
mod correspondence;
mod grants;
mod imports;
mod locations;
mod patients;
mod service;
mod settings;
mod staff;
mod usage;
mod webhook;
mod webhook_endpoints;

use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodFilter, on};
use utoipa::Path;
use utoipa::openapi::HttpMethod;

pub use self::service::WriteDocument;
pub(crate) use self::service::{DOCUMENT, HEALTH};
pub use self::webhook::WebhookReceiver;
pub use self::webhook_endpoints::WebhookEndpoints;
use crate::app::{App, MissingPart};
use crate::demands::{Demands, demands_of};
use crate::limits::limited;
use crate::metering::metered;

/// Lists the handlers of each group once, and the optional parts of the state that they need. Makes a function for
/// each group that returns the group's router, and `Operations` and `demands`, which describe all handlers for the
/// OpenAPI document. Path and method come from a handler's `#[utoipa::path]`.
///
/// `utoipa-axum` is not used, because its routers build the description of their routes as well. Every
/// function would then contain descriptions, and the function that serves the document would contain
/// every handler.
macro_rules! routes {
    ($(
        $(#[$doc:meta])*
        $group:ident($state:ty, $finish:path) $(needs($($part:ident),+))? {
            $($module:ident::$handler:ident,)+
        }
    )+) => {
        $(
            $(#[$doc])*
            ///
            /// # Errors
            /// Names a part that the routes need and that the state lacks.
            pub fn $group(state: $state) -> Result<Router, MissingPart> {
                $($(
                    if state.parts.$part.is_none() {
                        return Err(MissingPart(stringify!($part)));
                    }
                )+)?
                let routes = Router::new();
                $(
                    let routes = pastey::paste! {
                        add::<$module::[<__path_ $handler>], _, _, _>(routes, $module::$handler)
                    };
                )+
                Ok($finish(state.into(), routes))
            }
        )+

        /// The descriptions of all handlers.
        #[derive(utoipa::OpenApi)]
        #[openapi(paths($($($module::$handler,)+)+))]
        pub(crate) struct Operations;

        /// What each handler demands of a request, by the handler's name.
        pub(crate) fn demands() -> Vec<(&'static str, Demands)> {
            vec![$($((stringify!($handler), demands_of($module::$handler)),)+)+]
        }
    };
}

routes! {
    /// Connection, validation, locations, settings, audit trail and usage, and the caller's account.
    practice(App, for_practices) needs(cursors) {
        account::read_me,
        account::list_practices,
        connection::connect_practice,
        connection::read_connection,
        connection::disconnect_practice,
        connection::unlink_clinician,
        connection::allow_account,
        connection::validate_site_id,
        grants::grant_access,
        grants::list_grants,
        grants::withdraw_grant,
        locations::list_locations,
        locations::list_appointment_types,
        settings::read_settings,
        settings::replace_settings,
        audit::read_audit_trail,
        usage::read_usage,
    }
    /// Patient search and demographics.
    patients(App, for_practices) {
        patients::search_patients,
        patients::read_demographics,
    }
    /// A patient's clinical record.
    clinical(App, for_practices) needs(observations_per_code) {
        clinical::read_clinical_summary,
        clinical::read_patient_summary,
        clinical::run_patient_operation,
        clinical::run_patient_operation_by_post,
    }
    /// A patient's documents in Bp, and imports of them.
    attachments(App, for_practices) needs(cursors, copies, import_queue) {
        attachments::list_attachments,
        imports::start_import,
        imports::read_import,
        imports::retry_import,
        imports::cancel_import,
    }
    /// Documents, referrals, messages and their deliveries.
    correspondence(App, for_practices) needs(cursors, uploads, writer_queue) {
        correspondence::announce_document,
        correspondence::send_referral,
        correspondence::read_referral_summary,
        correspondence::send_message,
        correspondence::read_delivery,
        correspondence::list_deliveries,
        correspondence::retry_delivery,
    }
    /// Staff and bookings.
    appointments(App, for_practices) needs(cursors, writer_queue) {
        staff::replace_staff,
        staff::read_staff,
        staff::sync_staff,
        bookings::save_booking,
        bookings::cancel_booking,
        bookings::read_booking,
        bookings::list_bookings,
        bookings::resend_booking,
        bookings::resend_bookings,
    }
    /// The webhook endpoints of platforms.
    webhook_endpoints(WebhookEndpoints, for_endpoints) {
        webhook_endpoints::save_webhook_endpoint,
        webhook_endpoints::list_webhook_endpoints,
        webhook_endpoints::read_webhook_endpoint,
        webhook_endpoints::delete_webhook_endpoint,
        webhook_endpoints::rotate_webhook_secret,
        webhook_endpoints::test_webhook_endpoint,
        webhook_endpoints::replay_webhook_events,
        webhook_endpoints::list_webhook_attempts,
    }
    /// Halo's notifications.
    webhook(WebhookReceiver, with_state::<Arc<WebhookReceiver>>) {
        webhook::receive_notification,
    }
    /// Health and the OpenAPI document. The caller passes the function that writes the document, so that
    /// only the function that serves the document contains it.
    service(WriteDocument, with_state::<WriteDocument>) {
        service::read_health,
        service::read_openapi,
    }
}

fn for_practices(app: Arc<App>, routes: Router<Arc<App>>) -> Router {
    limited(Arc::clone(&app.limiter), metered(app, routes))
}

fn for_endpoints(
    endpoints: Arc<WebhookEndpoints>,
    routes: Router<Arc<WebhookEndpoints>>,
) -> Router {
    limited(Arc::clone(&endpoints.limiter), with_state(endpoints, routes))
}

fn with_state<S: Clone + Send + Sync + 'static>(state: S, routes: Router<S>) -> Router {
    routes.with_state(state)
}

/// Adds a handler under the path and the method of its description.
fn add<P, H, T, S>(routes: Router<S>, handler: H) -> Router<S>
where
    P: Path,
    H: Handler<T, S>,
    T: 'static,
    S: Clone + Send + Sync + 'static,
{
    P::methods().into_iter().fold(routes, |routes, method| {
        let method = match method {
            HttpMethod::Get => MethodFilter::GET,
            HttpMethod::Post => MethodFilter::POST,
            HttpMethod::Put => MethodFilter::PUT,
            HttpMethod::Delete => MethodFilter::DELETE,
            HttpMethod::Options => MethodFilter::OPTIONS,
            HttpMethod::Head => MethodFilter::HEAD,
            HttpMethod::Patch => MethodFilter::PATCH,
            HttpMethod::Trace => MethodFilter::TRACE,
        };
        routes.route(&P::path(), on(method, handler.clone()))
    })
}
