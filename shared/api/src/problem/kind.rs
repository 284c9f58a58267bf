//! The list: every kind of problem with its slug, status, title, contact and steps.

use axum::http::StatusCode;

use super::Contact;

/// Bp's support (referral guide, "Contact us").
const BEST_PRACTICE: Contact = Contact {
    organisation: "Best Practice Software",
    website: Some("https://bpsoftware.net/contact/"),
    phone: Some("AU 1300 40 1111, NZ 0800 40 1111"),
};
/// Halo's support (referral guide, "Contact us").
const HALO: Contact = Contact {
    organisation: "Halo Connect",
    website: Some("https://haloconnect.io/contact-us"),
    phone: Some("(07) 3911 1360"),
};
/// Whoever runs the platform that the caller uses.
const PLATFORM: Contact =
    Contact { organisation: "The platform's support", website: None, phone: None };
/// Somebody at the practice with Bp's Setup/Configuration permission.
const PRACTICE: Contact =
    Contact { organisation: "The practice's manager or IT support", website: None, phone: None };

const WHERE_TO_TICK: &str = "In Bp, open Setup > Configuration > Database > Setup third-party integrations (a user with Setup/Configuration permission can).";

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident => $slug:literal, $status:ident, $title:literal, $contact:expr, [$($step:expr),* $(,)?];)*) => {
        /// Every kind of problem. Slugs are stable: callers switch on them.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum Kind {
            $($(#[$doc])* $name,)*
        }

        impl Kind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The `type`.
            #[must_use]
            pub fn slug(self) -> &'static str {
                match self { $(Self::$name => $slug,)* }
            }

            /// The HTTP status.
            #[must_use]
            pub fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }

            /// The `title`.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// Whom to call if the steps do not help.
            #[must_use]
            pub fn contact(self) -> Option<Contact> {
                match self { $(Self::$name => $contact,)* }
            }

            /// What mends it.
            #[must_use]
            pub fn steps(self) -> &'static [&'static str] {
                match self { $(Self::$name => &[$($step),*],)* }
            }
        }
    };
}

kinds! {
    /// A field or the body is wrong.
    InvalidRequest => "invalid-request", BAD_REQUEST, "The request is not valid", None, [];
    /// Not JSON by its content type.
    UnsupportedMediaType => "unsupported-media-type", UNSUPPORTED_MEDIA_TYPE, "The body must be JSON", None, [];
    /// The body is larger than any request can be.
    RequestTooLarge => "request-too-large", PAYLOAD_TOO_LARGE, "The request is too large", None, [];
    /// No valid token.
    Unauthenticated => "unauthenticated", UNAUTHORIZED, "A valid token is needed", None, ["Sign in again and repeat the request."];
    /// A valid token that may not do this.
    Forbidden => "forbidden", FORBIDDEN, "This is not for you to do", None, ["Ask a practice administrator."];
    /// No such thing, or somebody else's.
    NotFound => "not-found", NOT_FOUND, "Not found", None, [];
    /// The path exists, the method does not.
    MethodNotAllowed => "method-not-allowed", METHOD_NOT_ALLOWED, "This resource has no such method", None, [];

    /// The practice is not paired.
    NotConnected => "not-connected", CONFLICT, "The practice is not connected to Best Practice", None,
        ["Connect the practice first: Bp Site ID, pairing code and your name as in Bp."];
    /// A pairing needs a code.
    PairingCodeNeeded => "pairing-code-needed", UNPROCESSABLE_ENTITY, "A pairing code is needed", Some(PRACTICE),
        [WHERE_TO_TICK, "Choose this integration without unticking it and press Generate pairing code.", "Enter the Site ID and the pairing code shown."];
    /// Halo refused the code.
    PairingCodeRefused => "pairing-code-refused", UNPROCESSABLE_ENTITY, "The pairing code was not accepted", Some(PRACTICE),
        ["Check the code and the Site ID for typing mistakes.", WHERE_TO_TICK, "A code works once and for a few days only: press Generate pairing code and enter the new one."];
    /// Somebody else is pairing this practice at this moment.
    PairingInProgress => "pairing-in-progress", CONFLICT, "The practice is being connected at this moment", None,
        ["Wait a few seconds and repeat the request."];
    /// Halo's answer did not arrive, or could not be kept.
    PairingUnconfirmed => "pairing-unconfirmed", SERVICE_UNAVAILABLE, "The pairing could not be confirmed", Some(HALO),
        ["Repeat the request with the same pairing code. If Halo did not receive it the first time, it works now.", "If the code is refused then, the first attempt used it up: press Generate pairing code in Bp and enter the new one."];
    /// Too many failed tries of a caller, for a practice or for a site.
    TooManyPairings => "too-many-pairing-attempts", TOO_MANY_REQUESTS, "Too many attempts to pair have failed", Some(PRACTICE),
        ["Wait for the time given.", WHERE_TO_TICK, "Press Generate pairing code, and enter the Site ID and the new code exactly as shown."];
    /// Paired once, but no more.
    PairingLost => "pairing-lost", CONFLICT, "The pairing with the practice no longer holds", Some(PRACTICE),
        [WHERE_TO_TICK, "Check that this integration is ticked and press Generate pairing code.", "Connect again with the new code."];
    /// The integration is not ticked.
    IntegrationNotEnabled => "integration-not-enabled", CONFLICT, "The practice has not enabled this integration in Bp", Some(PRACTICE),
        [WHERE_TO_TICK, "Tick this integration (via Halo Connect), answer Yes, and save both windows. If it is ticked already: untick, save, tick, save.", "Repeat the request."];
    /// Halo knows no such site.
    SiteUnknown => "site-unknown", UNPROCESSABLE_ENTITY, "No practice with this Site ID is known to Halo", Some(HALO),
        ["Check the Site ID in Bp under Help > About.", "If it is right, Halo Link is probably not installed on the practice's server: have it installed, then repeat the request."];
    /// Halo tells about a site only once it is paired.
    ValidationNeedsPairing => "validation-needs-pairing", CONFLICT, "The Site ID can only be checked by pairing", None,
        ["Go on with the pairing code: it checks the Site ID as well."];
    /// The practice's server is off.
    SiteOffline => "site-offline", SERVICE_UNAVAILABLE, "The practice's server cannot be reached", Some(PRACTICE),
        ["Check that the practice's server is on and has internet access; many are off at night.", "If it is on, restart the Halo Link service on it."];
    /// No answer in time.
    SiteSlow => "site-slow", GATEWAY_TIMEOUT, "The practice's server did not answer in time", Some(PRACTICE),
        ["Repeat the request in a moment."];
    /// A Bp release that breaks integrations.
    BpReleaseTooOld => "bp-release-too-old", CONFLICT, "This release of Bp Premier is too old", Some(BEST_PRACTICE),
        ["Update Bp Premier to Spectra or Spectra SP1: Orchid SP2 (June 2024) and earlier do not work with this integration.", "If the practice cannot update, call Best Practice."];
    /// Nobody of that name.
    ClinicianNotFound => "clinician-not-found", UNPROCESSABLE_ENTITY, "No active Bp user has exactly this name", Some(PRACTICE),
        ["In Bp, look up your name under Setup > Users.", "Enter first and last name exactly as they stand there, capitals, apostrophes and hyphens included, and the first 6 digits of your provider number if asked.", "The pairing is kept: no new code is needed."];
    /// Several of that name.
    ClinicianAmbiguous => "clinician-ambiguous", UNPROCESSABLE_ENTITY, "Several Bp users have this name", Some(PRACTICE),
        ["Enter the first 6 digits of your provider number as well.", "If you did, have the practice correct the users under Setup > Users in Bp.", "The pairing is kept: no new code is needed."];
    /// The account is linked to another user, or the user to another account.
    LinkProofNeeded => "link-proof-needed", UNPROCESSABLE_ENTITY, "This account or this Bp user is linked already", Some(PRACTICE),
        ["Enter the first 6 digits of your provider number, as in Bp under Setup > Users.", "If Bp has no provider number for you, ask the practice to enter it there, or a practice administrator to make the link."];
    /// A clinician who has not said who they are in Bp.
    ClinicianLinkNeeded => "clinician-link-needed", FORBIDDEN, "Your account is not linked to a Bp user", None,
        ["Link your account first: enter the practice's Site ID and your first and last name exactly as in Bp. No pairing code is needed once the practice is paired.", "Repeat the request."];
    /// Another practice under our Site ID.
    PracticeChanged => "practice-changed", CONFLICT, "Another practice now answers under this Site ID", Some(HALO),
        ["The practice's database seems to have been split, merged or moved. Check with the practice, then connect it again with a new pairing code."];

    /// Halo refuses our subscription key.
    HaloKeyRefused => "halo-key-refused", BAD_GATEWAY, "Halo does not accept our key", Some(PLATFORM),
        ["Nothing at the practice is wrong. The platform's operators have to mend this."];
    /// Halo refuses our address.
    HaloAddressRefused => "halo-address-refused", BAD_GATEWAY, "Halo does not accept calls from our address", Some(PLATFORM),
        ["Nothing at the practice is wrong. The platform's operators have to mend this."];
    /// Our quota at Halo is used up.
    HaloQuotaUsed => "halo-quota-used", SERVICE_UNAVAILABLE, "Our quota at Halo is used up", Some(PLATFORM),
        ["Nothing at the practice is wrong. Try again later, or contact the platform."];
    /// Halo's rate limit.
    HaloBusy => "halo-busy", SERVICE_UNAVAILABLE, "Halo asks us to slow down", None, ["Repeat the request after the time given."];
    /// Halo itself fails.
    HaloUnavailable => "halo-unavailable", BAD_GATEWAY, "Halo Connect cannot be used at the moment", Some(HALO),
        ["Repeat the request in a moment.", "If it goes on, look at Halo's status page."];
    /// An answer that makes no sense.
    MalformedAnswer => "malformed-answer", BAD_GATEWAY, "The practice's answer could not be understood", Some(PLATFORM),
        ["Nothing was imported. Report this to the platform."];
    /// Our Bp login may not read this.
    BpPermissionMissing => "bp-permission-missing", BAD_GATEWAY, "Bp does not let us read this", Some(PLATFORM),
        ["The platform has to clear this with Best Practice."];
    /// This Bp release has no such thing.
    BpReleaseDiffers => "bp-release-differs", BAD_GATEWAY, "This release of Bp does not know what was asked", Some(PLATFORM),
        ["Report this to the platform, with the practice's Bp version."];
    /// The database refused a statement.
    BpRefused => "bp-refused", BAD_GATEWAY, "Bp's database refused the question", Some(PLATFORM),
        ["Report this to the platform."];
    /// A location that the practice does not have.
    LocationUnknown => "location-unknown", UNPROCESSABLE_ENTITY, "The practice has no such location", None,
        ["Choose one of the practice's locations."];

    /// A notification that Halo did not sign, or not with our secret.
    SignatureRefused => "signature-refused", UNAUTHORIZED, "The notification is not signed with our secret", Some(PLATFORM),
        ["Check that Halo and this deployment have the same webhook secret."];
    /// A notification from another time.
    NotificationStale => "notification-stale", UNAUTHORIZED, "The notification was not sent just now", Some(PLATFORM),
        ["Check the sender's clock. A copy of an old notification is never taken."];

    /// The caller's own id stands for something else already.
    IdInUse => "id-in-use", CONFLICT, "This id already stands for something else", None, ["Choose another id, or send what it was first used with."];
    /// An import that somebody cancelled.
    ImportCancelled => "import-cancelled", CONFLICT, "The import was cancelled", None, ["Start another import, under another id."];
    /// The patient has no such document.
    DocumentUnknown => "document-unknown", NOT_FOUND, "The patient has no such document in Bp", None, ["List the patient's documents again and choose from them."];
    /// Bp keeps no file of it.
    DocumentWithoutFile => "document-without-file", UNPROCESSABLE_ENTITY, "Bp keeps no file of this document", Some(PRACTICE), ["Open the document in Bp: if it is there, have the practice save it again."];
    /// Bp keeps it in several files.
    DocumentInParts => "document-in-parts", UNPROCESSABLE_ENTITY, "Bp keeps this document in several files", Some(PRACTICE), ["Have the practice save it as one file, or attach it by hand."];
    /// It arrived damaged, again and again.
    DocumentDamaged => "document-damaged", BAD_GATEWAY, "The document never arrived whole", Some(HALO), ["Retry the import. Nothing incomplete was kept."];
    /// It changed while it was read, again and again.
    DocumentChanged => "document-changed", CONFLICT, "The document changed in Bp while it was read", None, ["List the patient's documents again, then retry the import."];
    /// The practice's server was off for longer than anybody waits.
    PracticeOffline => "practice-offline", SERVICE_UNAVAILABLE, "The practice's server was off for too long", Some(PRACTICE), ["Check that the practice's server is on and has internet access, then retry."];

    /// Sending of bookings is off.
    BookingsDisabled => "bookings-disabled", CONFLICT, "Sending of bookings is switched off for this practice", Some(PRACTICE),
        ["In the practice's settings, choose time zone, location and appointment duration, and switch sending on.", "Repeat the request."];
    /// Nobody of this number is on the staff list.
    PractitionerNotListed => "practitioner-not-listed", UNPROCESSABLE_ENTITY, "The practitioner is not on the staff list", Some(PLATFORM),
        ["Add the practitioner with their AHPRA number under My Medical Staff, and sync the staff."];
    /// The staff list has not been synced.
    PractitionerNotSynced => "practitioner-not-synced", UNPROCESSABLE_ENTITY, "The practitioner has not been synced with Bp yet", Some(PLATFORM),
        ["Sync the staff: My Medical Staff > Sync Staff."];
    /// No user has the number.
    PractitionerNotFound => "practitioner-not-found", UNPROCESSABLE_ENTITY, "No user of Bp has this AHPRA registration number", Some(PRACTICE),
        ["In Bp, look at the doctor's Registration No. under Setup > Users.", "In the platform, look at the AHPRA number under My Medical Staff. Both have to be the same, letter by letter.", "Correct the one that is wrong and sync the staff again."];
    /// Several users have the number.
    PractitionerAmbiguous => "practitioner-ambiguous", UNPROCESSABLE_ENTITY, "Several users of Bp have this AHPRA registration number", Some(PRACTICE),
        ["In Bp, under Setup > Users, leave the Registration No. with the one user whose appointments are meant.", "Sync the staff again."];
    /// The user with the number has left.
    PractitionerInactive => "practitioner-inactive", UNPROCESSABLE_ENTITY, "The user of Bp with this AHPRA registration number is not active", Some(PRACTICE),
        ["If the doctor works at the practice, activate the user in Bp under Setup > Users.", "If not, remove the doctor under My Medical Staff.", "Sync the staff again, then resend the booking."];
    /// Bp's book has something else there.
    SlotTaken => "slot-taken", CONFLICT, "Bp's appointment book has another appointment at that time", Some(PRACTICE),
        ["Nothing was booked over it. It is tried again by itself; to end it, free the time in Bp, or move or cancel the booking."];
    /// The doctor is away.
    PractitionerAway => "practitioner-away", CONFLICT, "The practitioner is away on that day in Bp", Some(PRACTICE),
        ["It is tried again by itself; to end it, correct the days away in Bp, or move or cancel the booking."];
    /// What has arrived is not touched.
    AppointmentArrived => "appointment-arrived", CONFLICT, "The appointment has arrived or is over in Bp", None,
        ["It was left as it stands in Bp. If that is wrong, correct it there."];
    /// It is too late.
    StartPassed => "start-passed", CONFLICT, "The start of the booking has passed", None,
        ["Move the booking to another time, or cancel it."];
    /// Whether it is in Bp could not be read.
    BookingUnverified => "booking-unverified", BAD_GATEWAY, "It could not be read whether the booking is in Bp", Some(PLATFORM),
        ["Look for it in Bp's appointment book.", "Resend the booking: Bp is asked before anything is booked again."];

    /// The write went wrong in a way that passes.
    AttemptFailed => "attempt-failed", SERVICE_UNAVAILABLE, "The last attempt did not succeed", None,
        ["Nothing needs to be done: it is tried again by itself."];
    /// The write may have arrived.
    OutcomeUnknown => "outcome-unknown", SERVICE_UNAVAILABLE, "It is not known yet whether this arrived", None,
        ["Nothing needs to be done: Bp is asked before anything is sent again, so that it arrives once.", "If it has failed for this reason, retry it: Bp is asked first."];
    /// No such patient in Bp.
    PatientNotFound => "patient-not-found", UNPROCESSABLE_ENTITY, "The practice has no such patient", Some(PRACTICE),
        ["Search for the patient again: the record may have been merged or deleted in Bp.", "Send it again under another id, with the patient's present number."];
    /// The number is somebody else's.
    PatientChanged => "patient-changed", UNPROCESSABLE_ENTITY, "The patient's number belongs to another person in Bp now", Some(PRACTICE),
        ["Nothing was written. Search for the patient again: the record may have been merged or renamed in Bp, or the practice's database replaced.", "Send it again under another id, with the patient's present number, last name and date of birth."];
    /// The patient has died.
    PatientDeceased => "patient-deceased", CONFLICT, "Bp says that the patient has died", Some(PRACTICE),
        ["Check that this is the right patient.", "To send it all the same, send it with \"acknowledge\": [\"deceased\"]; under another id if its delivery has failed.", "If Bp is wrong, have the practice correct the patient's status, then search again and send it, or retry the delivery."];
    /// The patient has left.
    PatientInactive => "patient-inactive", CONFLICT, "Bp says that the patient is inactive at the practice", Some(PRACTICE),
        ["Check that this is the right patient.", "To send it all the same, send it with \"acknowledge\": [\"inactive\"]; under another id if its delivery has failed.", "If Bp is wrong, have the practice correct the patient's status, then search again and send it, or retry the delivery."];
    /// Nobody in Bp is the addressee.
    AddresseeNotFound => "addressee-not-found", UNPROCESSABLE_ENTITY, "No active Bp user is the addressee", Some(PRACTICE),
        ["In Bp, look up the addressee under Setup > Users: the registration number, the provider number at each location, and that the user is active.", "Retry when it is corrected, or send it again under another id to somebody else."];
    /// Several are.
    AddresseeAmbiguous => "addressee-ambiguous", UNPROCESSABLE_ENTITY, "Several Bp users are the addressee", Some(PRACTICE),
        ["In Bp, look up under Setup > Users who has this number, and correct the others.", "Retry when it is corrected, or send it again under another id by the user's Bp number."];
    /// Never announced, or expired.
    DocumentNotFound => "document-not-found", UNPROCESSABLE_ENTITY, "There is no such uploaded document", None,
        ["Announce the document, upload it, and send it again under another id: uploads are kept for some weeks only."];
    /// It would not be kept long enough.
    DocumentTooOld => "document-too-old", UNPROCESSABLE_ENTITY, "The document was announced too long ago", None,
        ["Announce the document again, under the same id or another one, and upload it.", "Repeat the request: what is accepted is kept for a practice that stays offline for two weeks."];
    /// Announced, not uploaded.
    DocumentNotUploaded => "document-not-uploaded", CONFLICT, "The document has not been uploaded yet", None,
        ["Upload the bytes to the link that was given, then repeat the request.", "If the link has expired, announce the same document again for another one."];
    /// The bytes are others.
    DocumentMismatch => "document-mismatch", UNPROCESSABLE_ENTITY, "The uploaded document is not what was announced", None,
        ["Check length, SHA-256 and content type against the file, announce it under another documentId and upload it again."];
    /// Too large.
    DocumentTooLarge => "document-too-large", PAYLOAD_TOO_LARGE, "The document is too large", None,
        ["Send a smaller document: scans at 150 dots per inch are enough for a letter."];
    /// It is there already.
    AlreadyDelivered => "already-delivered", CONFLICT, "This has been delivered", None, ["Nothing needs to be done."];

    /// Somebody else was first.
    Conflict => "conflict", CONFLICT, "Somebody changed this at the same moment", None, ["Read it again and repeat the request."];
    /// The table gives no answer.
    StorageUnavailable => "storage-unavailable", SERVICE_UNAVAILABLE, "Something of ours is not available", Some(PLATFORM),
        ["Repeat the request in a moment."];
    /// A fault of ours.
    Internal => "internal", INTERNAL_SERVER_ERROR, "Something went wrong", Some(PLATFORM), ["The fault is ours and has been recorded. Try again."];
}
