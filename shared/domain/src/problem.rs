//! Everything that can go wrong, by the stable names that callers switch on: one list, from what a
//! delivery, booking or document keeps to what the API answers.
//!
//! The API adds each one's status, steps and contact (`api/problem/kind.rs`).

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
            /// All of them.
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

// A name after a bar is what bookings were stored under by an earlier release.
problem_types! {
    /// A field or the body is wrong.
    InvalidRequest => "invalid-request", "The request is not valid";
    /// Not JSON by its content type.
    UnsupportedMediaType => "unsupported-media-type", "The body must be JSON";
    /// The `Accept` header names FHIR, but no form of it that this API has.
    NotAcceptable => "not-acceptable", "This form of FHIR is not available";
    /// The body is larger than any request can be.
    RequestTooLarge => "request-too-large", "The request is too large";
    /// No valid token.
    Unauthenticated => "unauthenticated", "A valid token is needed";
    /// A valid token that may not do this.
    Forbidden => "forbidden", "You do not have permission to do this";
    /// No such thing, or somebody else's.
    NotFound => "not-found", "Not found";
    /// The path exists, the method does not.
    MethodNotAllowed => "method-not-allowed", "This resource does not support this method";
    /// API Gateway's throttle: too many calls at once.
    TooManyRequests => "too-many-requests", "Too many requests";
    /// The authorizer cannot check tokens; answered by API Gateway.
    SignInUnavailable => "sign-in-unavailable", "Tokens cannot be checked right now";
    /// A function gave no answer in time; answered by API Gateway.
    TimedOut => "timed-out", "The request timed out";
    /// The practice is not paired.
    NotConnected => "not-connected" | "notConnected", "The practice is not connected to Best Practice";
    /// A pairing needs a code.
    PairingCodeNeeded => "pairing-code-needed", "A pairing code is needed";
    /// Halo refused the code.
    PairingCodeRefused => "pairing-code-refused", "The pairing code was not accepted";
    /// Somebody else is pairing this practice at this moment.
    PairingInProgress => "pairing-in-progress", "The practice is being connected right now";
    /// Halo's answer did not arrive, or could not be kept.
    PairingUnconfirmed => "pairing-unconfirmed", "The pairing could not be confirmed";
    /// Too many failed tries of a caller, for a practice or for a site.
    TooManyPairings => "too-many-pairing-attempts", "Too many attempts to connect have failed";
    /// Paired once, but no more.
    PairingLost => "pairing-lost", "The practice's pairing is no longer valid";
    /// The integration is not ticked.
    IntegrationNotEnabled => "integration-not-enabled" | "notEnabled", "The practice has not enabled this integration in Bp";
    /// Halo knows no such site.
    SiteUnknown => "site-unknown", "No practice with this Site ID is known to Halo";
    /// Halo tells about a site only once it is paired.
    ValidationNeedsPairing => "validation-needs-pairing", "The Site ID can only be checked by pairing";
    /// The practice's server is off.
    SiteOffline => "site-offline" | "siteOffline", "The practice's server cannot be reached";
    /// The request timed out.
    SiteSlow => "site-slow", "The practice's server did not answer in time";
    /// A Bp release that breaks integrations.
    BpReleaseTooOld => "bp-release-too-old", "This release of Bp Premier is too old";
    /// Nobody of that name.
    ClinicianNotFound => "clinician-not-found", "No active Bp user has exactly this name";
    /// Several of that name.
    ClinicianAmbiguous => "clinician-ambiguous", "Several Bp users have this name";
    /// The account is linked to another user, or the user to another account, or their link was ended.
    LinkProofNeeded => "link-proof-needed", "Your account cannot be linked to this Bp user by name alone";
    /// A clinician who has not said who they are in Bp.
    ClinicianLinkNeeded => "clinician-link-needed", "Your account is not linked to a Bp user";
    /// Another practice under our Site ID.
    PracticeChanged => "practice-changed" | "siteChanged", "A different Bp database now answers for this practice";
    /// Halo refuses our subscription key.
    HaloKeyRefused => "halo-key-refused" | "haloRefuses", "Halo does not accept our key";
    /// Halo refuses our address.
    HaloAddressRefused => "halo-address-refused", "Halo does not accept calls from our address";
    /// Our quota at Halo is used up.
    HaloQuotaUsed => "halo-quota-used", "Our quota at Halo is used up";
    /// Halo's rate limit.
    HaloBusy => "halo-busy", "Halo is limiting our requests";
    /// Halo itself fails.
    HaloUnavailable => "halo-unavailable" | "haloUnavailable", "Halo Connect is unavailable";
    /// An answer that makes no sense.
    MalformedAnswer => "malformed-answer" | "malformed", "The practice's answer could not be understood";
    /// Our Bp login may not read this.
    BpPermissionMissing => "bp-permission-missing", "Bp does not let us read this";
    /// This Bp release has no such thing.
    BpReleaseDiffers => "bp-release-differs" | "releaseDiffers", "This release of Bp lacks something we need";
    /// The database refused a statement.
    BpRefused => "bp-refused", "Bp's database rejected the query";
    /// Our Bp login may not write this.
    BpWriteNotPermitted => "bp-write-not-permitted" | "notPermitted", "Bp does not let us write this";
    /// The database refused a write.
    BpWriteRefused => "bp-write-refused" | "refused", "Bp's database rejected the write";
    /// A location that the practice does not have.
    LocationUnknown => "location-unknown", "The practice has no such location";
    /// A notification that Halo did not sign, or not with our secret.
    SignatureRefused => "signature-refused", "The notification is not signed with our secret";
    /// A notification from another time.
    NotificationStale => "notification-stale", "The notification's time is too far from ours";
    /// The caller's own id stands for something else already.
    IdInUse => "id-in-use", "This id is already in use for different content";
    /// An import that somebody cancelled.
    ImportCancelled => "import-cancelled", "The import was cancelled";
    /// The patient has no such document.
    DocumentUnknown => "document-unknown", "The patient has no such document in Bp";
    /// Bp keeps no file of it.
    DocumentWithoutFile => "document-without-file", "Bp has no file for this document";
    /// Bp keeps it in several files.
    DocumentInParts => "document-in-parts", "Bp keeps this document in several files";
    /// It arrived damaged, again and again.
    DocumentDamaged => "document-damaged", "The document did not arrive complete";
    /// It changed while it was read, again and again.
    DocumentChanged => "document-changed", "The document changed in Bp while it was read";
    /// The practice's server was off for longer than anybody waits.
    PracticeOffline => "practice-offline", "The practice's server was off for too long";
    /// Sending of bookings is off.
    BookingsDisabled => "bookings-disabled", "Sending of bookings is switched off for this practice";
    /// Nobody of this number is on the staff list.
    PractitionerNotListed => "practitioner-not-listed", "The practitioner is not on the staff list";
    /// The staff list has not been synced.
    PractitionerNotSynced => "practitioner-not-synced", "The practitioner has not been synced with Bp yet";
    /// No user has the number.
    PractitionerNotFound => "practitioner-not-found", "No user of Bp has this AHPRA registration number";
    /// Several users have the number.
    PractitionerAmbiguous => "practitioner-ambiguous", "Several users of Bp have this AHPRA registration number";
    /// The user with the number has left.
    PractitionerInactive => "practitioner-inactive" | "practitionerUnknown", "The user of Bp with this AHPRA registration number is not active";
    /// Bp's book has something else there.
    SlotTaken => "slot-taken" | "slotTaken", "Bp's appointment book has another appointment at that time";
    /// The doctor is away.
    PractitionerAway => "practitioner-away" | "practitionerAway", "The practitioner is away on that day in Bp";
    /// Somebody booked over ours.
    Overbooked => "overbooked", "Another appointment was booked over this one in Bp";
    /// Too few attendants of a visit can be placed; the others were taken out again.
    TooFewAttendants => "too-few-attendants", "Bp's appointment book has no room for as many attendants as the visit needs";
    /// No such type, in the settings.
    AppointmentTypeUnknown => "appointment-type-unknown", "The practice has no such appointment type";
    /// The configured appointment type is one for recalls, which nobody from outside can cancel.
    RecallType => "recall-type", "The chosen appointment type is one for recalls";
    /// What has arrived is not touched.
    AppointmentArrived => "appointment-arrived" | "alreadyArrived", "Bp shows this appointment as arrived or completed";
    /// It is too late.
    StartPassed => "start-passed" | "startPassed", "The booking's start time has passed";
    /// Whether it is in Bp could not be read.
    BookingUnverified => "booking-unverified" | "unverified", "We could not check whether the booking is in Bp";
    /// The write went wrong in a way that passes.
    AttemptFailed => "attempt-failed", "The last attempt did not succeed";
    /// The write may have arrived.
    OutcomeUnknown => "outcome-unknown", "It is not yet known whether this arrived in Bp";
    /// No such patient in Bp.
    PatientNotFound => "patient-not-found", "The practice has no such patient";
    /// The number is somebody else's.
    PatientChanged => "patient-changed", "This patient number now belongs to a different person in Bp";
    /// The patient has died.
    PatientDeceased => "patient-deceased", "Bp records this patient as deceased";
    /// The patient has left.
    PatientInactive => "patient-inactive", "Bp records this patient as inactive";
    /// Nobody in Bp is the addressee.
    AddresseeNotFound => "addressee-not-found", "No active Bp user matches the addressee";
    /// Several are.
    AddresseeAmbiguous => "addressee-ambiguous", "More than one Bp user matches the addressee";
    /// Why a message went to the fallback; it fails nothing.
    AddresseeAway => "addressee-away", "The addressee is away";
    /// Never announced, or expired.
    DocumentNotFound => "document-not-found", "No uploaded document has this id";
    /// It would not be kept long enough.
    DocumentTooOld => "document-too-old", "The document was announced too long ago";
    /// Announced, not uploaded.
    DocumentNotUploaded => "document-not-uploaded", "The document has not been uploaded yet";
    /// The bytes are others.
    DocumentMismatch => "document-mismatch", "The uploaded document is not what was announced";
    /// Too large.
    DocumentTooLarge => "document-too-large", "The document is too large";
    /// It is there already.
    AlreadyDelivered => "already-delivered", "This has already been delivered";
    /// Somebody else was first.
    Conflict => "conflict", "Someone else changed this at the same time";
    /// The table gives no answer.
    StorageUnavailable => "storage-unavailable", "A service we depend on is unavailable";
    /// A fault of ours.
    Internal => "internal", "Something went wrong on our side";
}

impl PartialSchema for ProblemType {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(
                "Which problem. Further ones may come: take an unknown one by its status.",
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
