//! Everything that can go wrong. Each problem has a stable name, on which callers can switch. Deliveries,
//! bookings and documents store it, and the API answers with it.
//!
//! The API adds the status, the steps and the contact of each problem (`api/problem/text.rs`).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

macro_rules! problem_types {
    ($($(#[$doc:meta])* $name:ident => $slug:literal $(| $old:literal)?, $title:literal;)*) => {
        /// What went wrong. Stored and sent as its slug.
        #[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
        pub enum ProblemType {
            $($(#[$doc])* #[serde(rename = $slug $(, alias = $old)?)] $name,)*
        }

        impl ProblemType {
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The problem's `type`.
            #[must_use]
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$name => $slug,)* }
            }

            /// The problem's `title`: what happened, in one line.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

// The name after a bar is the one under which an earlier release stored bookings.
problem_types! {
    /// A field or the body is wrong.
    InvalidRequest => "invalid-request", "The request is not valid";
    /// The content type is not JSON.
    UnsupportedMediaType => "unsupported-media-type", "The body must be JSON";
    /// The `Accept` header asks for FHIR, but in no form that this API has.
    NotAcceptable => "not-acceptable", "This form of FHIR is not available";
    /// The body is too large.
    RequestTooLarge => "request-too-large", "The request is too large";
    /// No valid token.
    Unauthenticated => "unauthenticated", "A valid token is needed";
    /// The token is valid, but does not permit this.
    Forbidden => "forbidden", "You do not have permission to do this";
    /// It does not exist, or belongs to another practice.
    NotFound => "not-found", "Not found";
    /// The path exists, but not with this method.
    MethodNotAllowed => "method-not-allowed", "This resource does not support this method";
    /// API Gateway's throttling: too many calls at once.
    TooManyRequests => "too-many-requests", "Too many requests";
    /// The authorizer cannot check tokens. API Gateway answers.
    SignInUnavailable => "sign-in-unavailable", "Tokens cannot be checked right now";
    /// A function did not answer in time. API Gateway answers.
    TimedOut => "timed-out", "The request timed out";
    /// The practice is not paired.
    NotConnected => "not-connected" | "notConnected", "The practice is not connected to Best Practice";
    /// A pairing needs a code.
    PairingCodeNeeded => "pairing-code-needed", "A pairing code is needed";
    /// Halo refused the code.
    PairingCodeRefused => "pairing-code-refused", "The pairing code was not accepted";
    /// Another request is pairing this practice now.
    PairingInProgress => "pairing-in-progress", "The practice is being connected right now";
    /// Halo's answer did not arrive, or could not be stored.
    PairingUnconfirmed => "pairing-unconfirmed", "The pairing could not be confirmed";
    /// Too many attempts failed for a caller, a practice or a site.
    TooManyPairings => "too-many-pairing-attempts", "Too many attempts to connect have failed";
    /// The practice was paired, but is not any more.
    PairingLost => "pairing-lost", "The practice's pairing is no longer valid";
    /// The integration is not ticked in Bp.
    IntegrationNotEnabled => "integration-not-enabled" | "notEnabled", "The practice has not enabled this integration in Bp";
    /// Halo knows no such site.
    SiteUnknown => "site-unknown", "No practice with this Site ID is known to Halo";
    /// Halo says nothing about a site until it is paired.
    ValidationNeedsPairing => "validation-needs-pairing", "The Site ID can only be checked by pairing";
    /// The practice's server is off.
    SiteOffline => "site-offline" | "siteOffline", "The practice's server cannot be reached";
    /// The request timed out.
    SiteSlow => "site-slow", "The practice's server did not answer in time";
    /// This Bp release breaks integrations.
    BpReleaseTooOld => "bp-release-too-old", "This release of Bp Premier is too old";
    /// No user has this name.
    ClinicianNotFound => "clinician-not-found", "No active Bp user has exactly this name";
    /// Several users have this name.
    ClinicianAmbiguous => "clinician-ambiguous", "Several Bp users have this name";
    /// The account is linked to another user, or the user to another account, or their link was ended.
    LinkProofNeeded => "link-proof-needed", "Your account cannot be linked to this Bp user by name alone";
    /// The clinician's account is not linked to a Bp user.
    ClinicianLinkNeeded => "clinician-link-needed", "Your account is not linked to a Bp user";
    /// Another practice answers under our Site ID.
    PracticeChanged => "practice-changed" | "siteChanged", "A different Bp database now answers for this practice";
    /// Halo refuses our subscription key.
    HaloKeyRefused => "halo-key-refused" | "haloRefuses", "Halo does not accept our key";
    /// Halo refuses our address.
    HaloAddressRefused => "halo-address-refused", "Halo does not accept calls from our address";
    /// Our quota at Halo is used up.
    HaloQuotaUsed => "halo-quota-used", "Our quota at Halo is used up";
    /// Halo's rate limit.
    HaloBusy => "halo-busy", "Halo is limiting our requests";
    /// Halo fails.
    HaloUnavailable => "halo-unavailable" | "haloUnavailable", "Halo Connect is unavailable";
    /// The answer cannot be understood.
    MalformedAnswer => "malformed-answer" | "malformed", "The practice's answer could not be understood";
    /// Our Bp login has no permission to read this.
    BpPermissionMissing => "bp-permission-missing", "Bp does not let us read this";
    /// This Bp release lacks something.
    BpReleaseDiffers => "bp-release-differs" | "releaseDiffers", "This release of Bp lacks something we need";
    /// The database refused a statement.
    BpRefused => "bp-refused", "Bp's database rejected the query";
    /// The answer is larger than Halo or Lambda can carry.
    RecordTooLarge => "record-too-large", "The record is too large for one answer";
    /// Our Bp login has no permission to write this.
    BpWriteNotPermitted => "bp-write-not-permitted" | "notPermitted", "Bp does not let us write this";
    /// The database refused a write.
    BpWriteRefused => "bp-write-refused" | "refused", "Bp's database rejected the write";
    /// The practice does not have this location.
    LocationUnknown => "location-unknown", "The practice has no such location";
    /// A notification is not signed with our secret.
    SignatureRefused => "signature-refused", "The notification is not signed with our secret";
    /// The time of a notification is too far from ours.
    NotificationStale => "notification-stale", "The notification's time is too far from ours";
    /// The caller has used its id for something else before.
    IdInUse => "id-in-use", "This id is already in use for different content";
    /// Somebody cancelled the import.
    ImportCancelled => "import-cancelled", "The import was cancelled";
    /// The patient has no such document.
    DocumentUnknown => "document-unknown", "The patient has no such document in Bp";
    /// Bp has no file for it.
    DocumentWithoutFile => "document-without-file", "Bp has no file for this document";
    /// Bp has it in several files.
    DocumentInParts => "document-in-parts", "Bp keeps this document in several files";
    /// It arrived damaged several times.
    DocumentDamaged => "document-damaged", "The document did not arrive complete";
    /// It changed several times while it was read.
    DocumentChanged => "document-changed", "The document changed in Bp while it was read";
    /// The practice's server was offline for longer than we wait.
    PracticeOffline => "practice-offline", "The practice's server was off for too long";
    /// Sending of bookings is switched off.
    BookingsDisabled => "bookings-disabled", "Sending of bookings is switched off for this practice";
    /// Nobody with this number is on the staff list.
    PractitionerNotListed => "practitioner-not-listed", "The practitioner is not on the staff list";
    /// The staff list has not been compared with Bp yet.
    PractitionerNotSynced => "practitioner-not-synced", "The practitioner has not been synced with Bp yet";
    /// No user has the number.
    PractitionerNotFound => "practitioner-not-found", "No user of Bp has this AHPRA registration number";
    /// Several users have the number.
    PractitionerAmbiguous => "practitioner-ambiguous", "Several users of Bp have this AHPRA registration number";
    /// The user with the number has left.
    PractitionerInactive => "practitioner-inactive" | "practitionerUnknown", "The user of Bp with this AHPRA registration number is not active";
    /// Another appointment is at that time in Bp's book.
    SlotTaken => "slot-taken" | "slotTaken", "Bp's appointment book has another appointment at that time";
    /// The practitioner is away.
    PractitionerAway => "practitioner-away" | "practitionerAway", "The practitioner is away on that day in Bp";
    /// Somebody booked over our appointment.
    Overbooked => "overbooked", "Another appointment was booked over this one in Bp";
    /// Too few attendants of a visit have room, so the others were taken out again.
    TooFewAttendants => "too-few-attendants", "Too few of the attendants have room in Bp's appointment book";
    /// The settings name an appointment type that does not exist.
    AppointmentTypeUnknown => "appointment-type-unknown", "The practice has no such appointment type";
    /// The appointment type in the settings is one for recalls. We cannot cancel such appointments.
    RecallType => "recall-type", "The chosen appointment type is one for recalls";
    /// The appointment has arrived, so we do not change it.
    AppointmentArrived => "appointment-arrived" | "alreadyArrived", "Bp shows this appointment as arrived or completed";
    /// The visit has begun.
    StartPassed => "start-passed" | "startPassed", "The booking's start time has passed";
    /// It could not be read whether the booking is in Bp.
    BookingUnverified => "booking-unverified" | "unverified", "We could not check whether the booking is in Bp";
    /// A write failed for a temporary reason.
    AttemptFailed => "attempt-failed", "The last attempt did not succeed";
    /// A write may have arrived.
    OutcomeUnknown => "outcome-unknown", "It is not yet known whether this arrived in Bp";
    /// Bp has no such patient.
    PatientNotFound => "patient-not-found", "The practice has no such patient";
    /// The number now belongs to another patient.
    PatientChanged => "patient-changed", "This patient number now belongs to a different person in Bp";
    /// The patient has died.
    PatientDeceased => "patient-deceased", "Bp records this patient as deceased";
    /// The patient is inactive.
    PatientInactive => "patient-inactive", "Bp records this patient as inactive";
    /// No Bp user matches the addressee.
    AddresseeNotFound => "addressee-not-found", "No active Bp user matches the addressee";
    /// Several Bp users match the addressee.
    AddresseeAmbiguous => "addressee-ambiguous", "More than one Bp user matches the addressee";
    /// Why a message went to the fallback addressee. It is not a failure.
    AddresseeAway => "addressee-away", "The addressee is away";
    /// The document was never announced, or has expired.
    DocumentNotFound => "document-not-found", "No uploaded document has this id";
    /// The document would expire too early.
    DocumentTooOld => "document-too-old", "The document was announced too long ago";
    /// It was announced, but not uploaded.
    DocumentNotUploaded => "document-not-uploaded", "The document has not been uploaded yet";
    /// The bytes are not the announced ones.
    DocumentMismatch => "document-mismatch", "The uploaded document is not what was announced";
    /// It is too large.
    DocumentTooLarge => "document-too-large", "The document is too large";
    /// The referral's summary is not in Bp yet.
    SummaryNotReady => "summary-not-ready", "The summary has not been delivered yet";
    /// The referral's summary was delivered, and our copy has been deleted since.
    SummaryExpired => "summary-expired", "The copy of the summary has expired";
    /// The platform has the most webhook endpoints already.
    TooManyEndpoints => "too-many-endpoints", "Your platform has the most webhook endpoints already";
    /// It was already delivered.
    AlreadyDelivered => "already-delivered", "This has already been delivered";
    /// Somebody else changed it at the same time.
    Conflict => "conflict", "Someone else changed this at the same time";
    /// `If-Match` names another version than the present one.
    PreconditionFailed => "precondition-failed", "This has changed since you read it";
    /// The table, or another service that we depend on, does not answer.
    StorageUnavailable => "storage-unavailable", "A service we depend on is unavailable";
    /// A fault in our program.
    Internal => "internal", "Something went wrong on our side";
}

impl PartialSchema for ProblemType {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(
                "The problem's type. New types may be added: treat an unknown type by its HTTP status.",
            ))
            .enum_values(Some(Self::ALL.iter().map(|kind| kind.slug())))
            .into()
    }
}

impl ToSchema for ProblemType {
    fn name() -> Cow<'static, str> {
        "ProblemType".into()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_problem_is_stored_and_sent_under_a_slug_of_its_own() {
        let slugs: HashSet<_> = ProblemType::ALL.iter().map(|problem| problem.slug()).collect();
        assert_eq!(slugs.len(), ProblemType::ALL.len());
        for problem in ProblemType::ALL {
            let stored = serde_json::to_value(problem).unwrap();
            assert_eq!(stored, problem.slug());
            assert_eq!(serde_json::from_value::<ProblemType>(stored).unwrap(), *problem);
        }
    }

    #[test]
    fn what_an_earlier_release_stored_with_a_booking_is_still_read() {
        use ProblemType as P;
        for (old, problem) in [
            ("slotTaken", P::SlotTaken),
            ("practitionerAway", P::PractitionerAway),
            ("alreadyArrived", P::AppointmentArrived),
            ("practitionerUnknown", P::PractitionerInactive),
            ("startPassed", P::StartPassed),
            ("siteOffline", P::SiteOffline),
            ("notEnabled", P::IntegrationNotEnabled),
            ("notPermitted", P::BpWriteNotPermitted),
            ("releaseDiffers", P::BpReleaseDiffers),
            ("refused", P::BpWriteRefused),
            ("malformed", P::MalformedAnswer),
            ("haloUnavailable", P::HaloUnavailable),
            ("notConnected", P::NotConnected),
            ("siteChanged", P::PracticeChanged),
            ("haloRefuses", P::HaloKeyRefused),
            ("unverified", P::BookingUnverified),
        ] {
            assert_eq!(serde_json::from_value::<P>(old.into()).unwrap(), problem, "{old}");
        }
    }
}
