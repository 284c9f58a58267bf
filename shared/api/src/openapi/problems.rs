//! The problems of each operation, beyond those of reading its request. End-to-end tests compare every answer
//! of the deployed service with the document.

use crate::problem::ProblemType::{self, *};

/// What API Gateway and every function can answer.
pub(super) const ANYWHERE: &[ProblemType] = &[TooManyRequests, Internal, TimedOut];

/// Calls of Halo.
const HALO: &[ProblemType] = &[
    HaloKeyRefused,
    HaloAddressRefused,
    HaloQuotaUsed,
    HaloBusy,
    HaloUnavailable,
    SiteOffline,
    SiteSlow,
    MalformedAnswer,
    IntegrationNotEnabled,
    PairingLost,
    SiteUnknown,
    BpPermissionMissing,
    BpReleaseDiffers,
    BpRefused,
    RecordTooLarge,
];

/// What opening a session with the practice's Bp adds to the calls of Halo.
const SESSION: &[ProblemType] = &[NotConnected, PracticeChanged];

/// The caller must be linked to a Bp user.
const LINKED: &[ProblemType] = &[NotConnected, ClinicianLinkNeeded];

/// The state of the booking's practitioner and of the settings.
const BOOKABLE: &[ProblemType] = &[
    BookingsDisabled,
    PractitionerNotListed,
    PractitionerNotSynced,
    PractitionerNotFound,
    PractitionerAmbiguous,
    PractitionerInactive,
    NotConnected,
    Conflict,
];

/// The document of a referral or message.
const DOCUMENT: &[ProblemType] =
    &[DocumentNotFound, DocumentTooOld, DocumentNotUploaded, DocumentMismatch, IdInUse, Conflict];

/// The problems of this handler's operation.
pub(super) fn of(handler: &str) -> Vec<&'static [ProblemType]> {
    match handler {
        "connect_practice" => vec![
            HALO,
            SESSION,
            &[
                PairingCodeNeeded,
                PairingCodeRefused,
                PairingInProgress,
                PairingUnconfirmed,
                TooManyPairings,
                BpReleaseTooOld,
                ClinicianNotFound,
                ClinicianAmbiguous,
                LinkProofNeeded,
                Conflict,
            ],
        ],
        "validate_site_id" => vec![HALO, &[ValidationNeedsPairing]],
        "disconnect_practice"
        | "unlink_clinician"
        | "allow_account"
        | "withdraw_grant"
        | "replace_staff" => vec![&[Conflict]],
        "grant_access" => vec![&[NotConnected, Conflict]],
        "list_grants" => vec![],
        "list_locations" | "list_appointment_types" => vec![HALO, SESSION],
        "replace_settings" => {
            vec![HALO, SESSION, &[LocationUnknown, AppointmentTypeUnknown, RecallType, Conflict]]
        }
        "search_patients"
        | "read_demographics"
        | "read_clinical_summary"
        | "read_patient_summary"
        | "run_patient_operation"
        | "run_patient_operation_by_post"
        | "list_attachments" => vec![HALO, SESSION, LINKED],
        "start_import" => vec![LINKED, &[IdInUse, ImportCancelled, Conflict]],
        "read_import" => vec![LINKED],
        "retry_import" => vec![LINKED, &[ImportCancelled, PracticeChanged, Conflict]],
        "cancel_import" => vec![LINKED, &[Conflict]],
        "announce_document" => vec![LINKED, &[DocumentTooLarge, IdInUse, Conflict]],
        "send_referral" => vec![LINKED, DOCUMENT, &[PatientDeceased, PatientInactive]],
        "send_message" => vec![&[NotConnected], DOCUMENT],
        "read_referral_summary" => vec![LINKED, &[SummaryNotReady, SummaryExpired]],
        "retry_delivery" => vec![LINKED, &[AlreadyDelivered, Conflict]],
        "sync_staff" => vec![HALO, SESSION, &[Conflict]],
        "save_booking" => vec![BOOKABLE, &[InvalidRequest]],
        "resend_booking" => vec![BOOKABLE, &[InvalidRequest, StartPassed]],
        "resend_bookings" => vec![BOOKABLE],
        "cancel_booking" => vec![&[Conflict]],
        "save_webhook_endpoint" => vec![&[NotFound, TooManyEndpoints, Conflict]],
        "read_webhook_endpoint" | "test_webhook_endpoint" | "list_webhook_attempts" => {
            vec![&[NotFound]]
        }
        "delete_webhook_endpoint" => vec![&[NotFound]],
        "rotate_webhook_secret" | "replay_webhook_events" => vec![&[NotFound, Conflict]],
        "receive_notification" => vec![&[
            InvalidRequest,
            RequestTooLarge,
            SignatureRefused,
            NotificationStale,
            StorageUnavailable,
        ]],
        _ => Vec::new(),
    }
}
