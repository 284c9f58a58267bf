//! The routes, by capability: one group a function.

mod attachments;
mod audit;
mod bookings;
mod clinical;
mod connection;
mod correspondence;
mod imports;
mod locations;
mod patients;
mod service;
mod settings;
mod staff;
mod webhook;

use std::sync::Arc;

use axum::Router;
use axum::routing::{delete, get, post, put};

use crate::{App, ClinicalApp, PagedApp};

pub use attachments::AttachmentList;
pub use audit::AuditTrail;
pub use bookings::{AppointmentsApp, BookingList, BookingView, Resent};
pub use connection::{ConnectionView, ValidationView};
pub use correspondence::{CorrespondenceApp, DeliveryPage, DeliveryView};
pub use imports::{ImportView, ImportsApp};
pub use locations::{AppointmentTypeView, AppointmentTypes, LocationView, Locations};
pub use service::Health;
pub use staff::{StaffMemberView, StaffState, StaffView};
pub use webhook::WebhookApp;

pub(crate) mod documented {
    //! Handlers with their descriptions, for the OpenAPI document.
    pub(crate) use super::{
        attachments::*, audit::*, bookings::*, clinical::*, connection::*, correspondence::*,
        imports::*, locations::*, patients::*, service::*, settings::*, staff::*, webhook::*,
    };
}

/// Connection, validation, locations, settings, audit.
pub fn practice(app: App) -> Router {
    Router::new()
        .route(
            "/v1/practices/{practiceId}/connection",
            put(connection::connect).get(connection::status).delete(connection::disconnect),
        )
        .route("/v1/practices/{practiceId}/connection/validation", post(connection::validate))
        .route(
            "/v1/practices/{practiceId}/connection/clinicians/{userId}",
            delete(connection::unlink),
        )
        .route(
            "/v1/practices/{practiceId}/connection/clinicians/{userId}/allowed-accounts",
            post(connection::allow_link),
        )
        .route("/v1/practices/{practiceId}/locations", get(locations::list))
        .route("/v1/practices/{practiceId}/appointment-types", get(locations::appointment_types))
        .route("/v1/practices/{practiceId}/settings", get(settings::read).put(settings::replace))
        .route("/v1/practices/{practiceId}/audit", get(audit::trail))
        .with_state(Arc::new(app))
}

/// Patient search and demographics.
pub fn patients(app: App) -> Router {
    Router::new()
        .route("/v1/practices/{practiceId}/patients/search", post(patients::search))
        .route("/v1/practices/{practiceId}/patients/{patientId}", get(patients::demographics))
        .with_state(Arc::new(app))
}

/// The list of a patient's documents, and imports of them.
pub fn attachments(list: PagedApp, imports: ImportsApp) -> Router {
    let list = Router::new()
        .route(
            "/v1/practices/{practiceId}/patients/{patientId}/attachments",
            get(attachments::list_attachments),
        )
        .with_state(Arc::new(list));
    let imports = Router::new()
        .route(
            "/v1/practices/{practiceId}/patients/{patientId}/attachment-imports",
            post(imports::start_import),
        )
        .route(
            "/v1/practices/{practiceId}/attachment-imports/{importId}",
            get(imports::read_import).delete(imports::cancel_import),
        )
        .route(
            "/v1/practices/{practiceId}/attachment-imports/{importId}/retry",
            post(imports::retry_import),
        )
        .with_state(Arc::new(imports));
    list.merge(imports)
}

/// A patient's clinical record.
pub fn clinical(app: ClinicalApp) -> Router {
    Router::new()
        .route(
            "/v1/practices/{practiceId}/patients/{patientId}/clinical-summary",
            get(clinical::clinical_summary),
        )
        .with_state(Arc::new(app))
}

/// Halo's notifications.
pub fn webhook(app: WebhookApp) -> Router {
    Router::new().route("/v1/halo/webhook", post(webhook::notified)).with_state(Arc::new(app))
}

/// Staff and bookings.
pub fn appointments(app: AppointmentsApp) -> Router {
    Router::new()
        .route("/v1/practices/{practiceId}/staff", put(staff::replace_staff).get(staff::read_staff))
        .route("/v1/practices/{practiceId}/staff/sync", post(staff::sync_staff))
        .route("/v1/practices/{practiceId}/bookings", get(bookings::list_bookings))
        .route("/v1/practices/{practiceId}/bookings/resend", post(bookings::resend_bookings))
        .route(
            "/v1/practices/{practiceId}/bookings/{bookingId}",
            put(bookings::keep_booking)
                .get(bookings::read_booking)
                .delete(bookings::cancel_booking),
        )
        .route(
            "/v1/practices/{practiceId}/bookings/{bookingId}/resend",
            post(bookings::resend_booking),
        )
        .with_state(Arc::new(app))
}

/// Documents, referrals, messages and their deliveries.
pub fn correspondence(app: CorrespondenceApp) -> Router {
    Router::new()
        .route("/v1/practices/{practiceId}/documents", post(correspondence::announce_document))
        .route(
            "/v1/practices/{practiceId}/referrals/{referralId}",
            put(correspondence::send_referral),
        )
        .route(
            "/v1/practices/{practiceId}/correspondence/{messageId}",
            put(correspondence::send_message),
        )
        .route("/v1/practices/{practiceId}/deliveries", get(correspondence::list_deliveries))
        .route(
            "/v1/practices/{practiceId}/deliveries/{deliveryId}",
            get(correspondence::read_delivery),
        )
        .route(
            "/v1/practices/{practiceId}/deliveries/{deliveryId}/retry",
            post(correspondence::retry_delivery),
        )
        .with_state(Arc::new(app))
}

/// Health and the OpenAPI document.
pub fn service() -> Router {
    Router::new()
        .route("/v1/health", get(service::health))
        .route("/v1/openapi.json", get(service::openapi))
}
