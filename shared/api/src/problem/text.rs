//! The status, the steps and the contact of every problem. The list of problems with slugs and titles is
//! [`domain::problem`]. The title says what happened. The steps say what to do. The contact can help if the
//! steps do not.

use axum::http::StatusCode;
use domain::problem::ProblemType;

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
/// The support of the platform that the caller uses.
const PLATFORM: Contact =
    Contact { organisation: "The platform's support", website: None, phone: None };
/// Somebody at the practice with the Setup/Configuration permission in Bp.
const PRACTICE: Contact =
    Contact { organisation: "The practice's manager or IT support", website: None, phone: None };

const WHERE_TO_TICK: &str = "In Bp, open Setup > Configuration > Database > Setup third-party integrations. This needs a user with the Setup/Configuration permission.";

/// What the API says about a problem.
pub trait ProblemText {
    /// The HTTP status.
    fn status(self) -> StatusCode;
    /// Who can help if the steps do not.
    fn contact(self) -> Option<Contact>;
    /// What to do.
    fn steps(self) -> &'static [&'static str];
}

macro_rules! texts {
    ($($name:ident => $status:ident, $contact:expr, [$($step:expr),* $(,)?];)*) => {
        impl ProblemText for ProblemType {
            fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }

            fn contact(self) -> Option<Contact> {
                match self { $(Self::$name => $contact,)* }
            }

            fn steps(self) -> &'static [&'static str] {
                match self { $(Self::$name => &[$($step),*],)* }
            }
        }
    };
}

texts! {
    InvalidRequest => BAD_REQUEST, None,
        ["Correct what the detail and the errors name, then repeat the request."];
    UnsupportedMediaType => UNSUPPORTED_MEDIA_TYPE, None,
        ["Send the body as JSON, with the header Content-Type: application/json."];
    NotAcceptable => NOT_ACCEPTABLE, None,
        ["Ask for application/fhir+json in FHIR release 4.0, or for application/json."];
    RequestTooLarge => PAYLOAD_TOO_LARGE, None, ["Send a smaller body."];
    Unauthenticated => UNAUTHORIZED, None, ["Sign in again and repeat the request."];
    Forbidden => FORBIDDEN, None,
        ["If you need this permission, ask an administrator of the practice. For a platform's server, check the scopes of its token."];
    NotFound => NOT_FOUND, None, ["Check the address and the id. Only your own practice is visible to you."];
    MethodNotAllowed => METHOD_NOT_ALLOWED, None, ["Use a method from the header Allow."];
    TooManyRequests => TOO_MANY_REQUESTS, None, ["Wait for the time given, then repeat the request."];
    SignInUnavailable => SERVICE_UNAVAILABLE, Some(PLATFORM), ["Nothing was changed. Repeat the request in a few seconds."];
    TimedOut => GATEWAY_TIMEOUT, Some(PLATFORM), ["Check whether your change was made before you repeat the request.", "Repeat the request."];

    NotConnected => CONFLICT, None,
        ["Connect the practice first. You need its Bp Site ID, a pairing code, and your name as in Bp."];
    PairingCodeNeeded => UNPROCESSABLE_ENTITY, Some(PRACTICE),
        [WHERE_TO_TICK, "Select this integration, leave it ticked, and press Generate pairing code.", "Enter the Site ID and the pairing code that Bp shows."];
    PairingCodeRefused => UNPROCESSABLE_ENTITY, Some(PRACTICE),
        ["Check the code and the Site ID for typing mistakes.", WHERE_TO_TICK, "A code works once and for a few days only: press Generate pairing code and enter the new one."];
    PairingInProgress => CONFLICT, None,
        ["Wait a few seconds and repeat the request."];
    PairingUnconfirmed => SERVICE_UNAVAILABLE, Some(HALO),
        ["Repeat the request with the same pairing code. If the first attempt did not reach Halo, the code still works. If it succeeded, you will be connected.", "If the code is then refused, the first attempt used it up: press Generate pairing code in Bp and enter the new code."];
    TooManyPairings => TOO_MANY_REQUESTS, Some(PRACTICE),
        ["Wait for the time given.", WHERE_TO_TICK, "Press Generate pairing code, and enter the Site ID and the new code exactly as shown.", "If the provider number was the problem, look it up in Bp under Setup > Users."];
    PairingLost => CONFLICT, Some(PRACTICE),
        [WHERE_TO_TICK, "Check that this integration is ticked and press Generate pairing code.", "Connect again with the new code."];
    IntegrationNotEnabled => CONFLICT, Some(PRACTICE),
        [WHERE_TO_TICK, "Tick this integration (via Halo Connect), answer Yes, and save both windows. If it is ticked already: untick, save, tick, save.", "Repeat the request."];
    SiteUnknown => UNPROCESSABLE_ENTITY, Some(HALO),
        ["Check the Site ID in Bp under Help > About.", "If it is correct, Halo Link is probably not installed on the practice's server. Have it installed, then repeat the request."];
    ValidationNeedsPairing => CONFLICT, None,
        ["Continue with the pairing code: pairing checks the Site ID as well."];
    SiteOffline => SERVICE_UNAVAILABLE, Some(PRACTICE),
        ["Check that the practice's server is on and has internet access. Many servers are off at night.", "If it is on, restart the Halo Link service on it."];
    SiteSlow => GATEWAY_TIMEOUT, Some(PRACTICE),
        ["Repeat the request in a moment."];
    BpReleaseTooOld => CONFLICT, Some(BEST_PRACTICE),
        ["Update Bp Premier to its current release (Spectra SP2, Oxford or later). Orchid SP2 (June 2024) and earlier releases do not work with this integration.", "If the practice cannot update, call Best Practice."];
    ClinicianNotFound => UNPROCESSABLE_ENTITY, Some(PRACTICE),
        ["In Bp, look up your name under Setup > Users.", "Enter your first and last name exactly as shown there, including capitals, apostrophes and hyphens. Add the first 6 digits of your provider number if asked.", "The pairing is kept. You do not need a new code."];
    ClinicianAmbiguous => UNPROCESSABLE_ENTITY, Some(PRACTICE),
        ["Enter the first 6 digits of your provider number as well.", "If you already did, ask the practice to correct its users under Setup > Users in Bp.", "The pairing is kept. You do not need a new code."];
    LinkProofNeeded => UNPROCESSABLE_ENTITY, Some(PRACTICE),
        ["Enter the first 6 digits of your provider number as shown in Bp under Setup > Users.", "If Bp has no provider number for you, ask the practice to enter it there.", "Or ask a practice administrator to end the other account's link, or to allow your own link again if it was ended. Then link again."];
    ClinicianLinkNeeded => FORBIDDEN, None,
        ["Link your account first: enter the practice's Site ID and your first and last name exactly as in Bp. No pairing code is needed once the practice is paired.", "Repeat the request."];
    PracticeChanged => CONFLICT, Some(HALO),
        ["If the practice was moved to another Bp on purpose, nothing was sent to the new one. Choose the patient, document or booking again in the current Bp and send it under a new id.", "Otherwise the database behind the Site ID was split, merged or moved. Check with the practice, then connect it again with a new pairing code."];

    HaloKeyRefused => BAD_GATEWAY, Some(PLATFORM),
        ["The practice does not need to do anything. The platform's operators need to fix this."];
    HaloAddressRefused => BAD_GATEWAY, Some(PLATFORM),
        ["The practice does not need to do anything. The platform's operators need to fix this."];
    HaloQuotaUsed => SERVICE_UNAVAILABLE, Some(PLATFORM),
        ["The practice does not need to do anything. Try again later, or contact the platform's support."];
    HaloBusy => SERVICE_UNAVAILABLE, None, ["Repeat the request after the time given."];
    HaloUnavailable => BAD_GATEWAY, Some(HALO),
        ["Repeat the request in a moment.", "If the problem continues, check Halo's status page."];
    MalformedAnswer => BAD_GATEWAY, Some(PLATFORM),
        ["Report this to the platform's support."];
    BpPermissionMissing => BAD_GATEWAY, Some(PLATFORM),
        ["The platform needs to arrange this with Best Practice."];
    BpReleaseDiffers => BAD_GATEWAY, Some(PLATFORM),
        ["Report this to the platform's support, with the practice's version of Bp."];
    BpRefused => BAD_GATEWAY, Some(PLATFORM),
        ["Report this to the platform's support."];
    RecordTooLarge => UNPROCESSABLE_ENTITY, None,
        ["Ask for less at once: fewer sections, a shorter period or a smaller page."];
    BpWriteNotPermitted => BAD_GATEWAY, Some(PLATFORM),
        ["Nothing was written. The platform needs to arrange this with Best Practice.", "Retry when this is arranged."];
    BpWriteRefused => BAD_GATEWAY, Some(PLATFORM),
        ["Nothing was written. Report this to the platform's support."];
    LocationUnknown => UNPROCESSABLE_ENTITY, None,
        ["Choose one of the practice's locations."];

    SignatureRefused => UNAUTHORIZED, Some(PLATFORM),
        ["Check that Halo and this deployment have the same webhook secret."];
    NotificationStale => UNAUTHORIZED, Some(PLATFORM),
        ["Check the clocks of the sender and of this deployment. Old notifications are never accepted."];

    IdInUse => CONFLICT, None, ["Use a new id, or resend the original content."];
    ImportCancelled => CONFLICT, None, ["Start a new import under a new id."];
    DocumentUnknown => NOT_FOUND, None, ["List the patient's documents again and choose from them."];
    DocumentWithoutFile => UNPROCESSABLE_ENTITY, Some(PRACTICE), ["Open the document in Bp. If it opens, ask the practice to save it again, then retry the import."];
    DocumentInParts => UNPROCESSABLE_ENTITY, Some(PRACTICE), ["Ask the practice to save the document as one file, or attach it to the referral by hand."];
    DocumentDamaged => BAD_GATEWAY, Some(HALO), ["Retry the import. Incomplete files are not kept."];
    DocumentChanged => CONFLICT, None, ["List the patient's documents again, then retry the import."];
    PracticeOffline => SERVICE_UNAVAILABLE, Some(PRACTICE), ["Check that the practice's server is on and has internet access, then retry."];

    BookingsDisabled => CONFLICT, Some(PRACTICE),
        ["In the practice's settings, choose time zone, location and appointment duration, and switch sending on.", "Repeat the request."];
    PractitionerNotListed => UNPROCESSABLE_ENTITY, Some(PLATFORM),
        ["Add the practitioner with their AHPRA number under My Medical Staff, and sync the staff."];
    PractitionerNotSynced => UNPROCESSABLE_ENTITY, Some(PLATFORM),
        ["Sync the staff: My Medical Staff > Sync Staff."];
    PractitionerNotFound => UNPROCESSABLE_ENTITY, Some(PRACTICE),
        ["In Bp, look at the doctor's Registration No. under Setup > Users.", "In the platform, look at the AHPRA number under My Medical Staff. The two must match exactly.", "Correct the one that is wrong, then sync the staff again."];
    PractitionerAmbiguous => UNPROCESSABLE_ENTITY, Some(PRACTICE),
        ["In Bp, under Setup > Users, keep the Registration No. only on the user who takes the appointments.", "Sync the staff again."];
    PractitionerInactive => UNPROCESSABLE_ENTITY, Some(PRACTICE),
        ["If the doctor works at the practice, activate the user in Bp under Setup > Users.", "If not, remove the doctor under My Medical Staff.", "Sync the staff again, then resend the booking."];
    SlotTaken => CONFLICT, Some(PRACTICE),
        ["The existing appointment was not touched. We retry automatically. To resolve it, free the time in Bp, or move or cancel the booking."];
    PractitionerAway => CONFLICT, Some(PRACTICE),
        ["We retry automatically. To resolve it, correct the days away in Bp, or move or cancel the booking."];
    Overbooked => CONFLICT, Some(PRACTICE),
        ["Bp's appointment book now has both at the same time, and we change neither. Ask the practice which one to keep, then move or cancel the other."];
    AppointmentTypeUnknown => UNPROCESSABLE_ENTITY, None,
        ["Choose one of the practice's appointment types."];
    TooFewAttendants => CONFLICT, Some(PRACTICE),
        ["Nobody is booked until enough attendants have room. We removed the appointments of those who had room, and retry automatically as soon as another attendant has room.", "To resolve it, free the time of the other attendants in Bp, move the booking, name fewer attendants, or lower atLeast.", "Resend the booking to try all attendants again now."];
    RecallType => UNPROCESSABLE_ENTITY, Some(PRACTICE),
        ["Choose another appointment type in the booking settings: Bp does not let other software cancel recall appointments.", "Resend the bookings that failed."];
    AppointmentArrived => CONFLICT, None,
        ["The appointment was left unchanged. If Bp is wrong, correct it there."];
    StartPassed => CONFLICT, None,
        ["Move the booking to another time, or cancel it."];
    BookingUnverified => BAD_GATEWAY, Some(PLATFORM),
        ["Look for the booking in Bp's appointment book.", "Resend the booking. We check Bp before we book anything again."];

    AttemptFailed => SERVICE_UNAVAILABLE, None,
        ["You do not need to do anything. We retry automatically."];
    OutcomeUnknown => SERVICE_UNAVAILABLE, None,
        ["You do not need to do anything. We check Bp before we send anything again, so it arrives only once.", "If it failed for this reason, retry it. We check Bp first."];
    PatientNotFound => UNPROCESSABLE_ENTITY, Some(PRACTICE),
        ["Search for the patient again: the record may have been merged or deleted in Bp.", "Send it again under a new id, with the patient's current number."];
    PatientChanged => UNPROCESSABLE_ENTITY, Some(PRACTICE),
        ["Nothing was written. Search for the patient again: the record may have been merged or renamed in Bp, or the practice's database replaced.", "Send it again under a new id, with the patient's current number, last name and date of birth."];
    PatientDeceased => CONFLICT, Some(PRACTICE),
        ["Check that this is the right patient.", "To send it anyway, send it with \"acknowledge\": [\"deceased\"], under a new id if its delivery has failed.", "If Bp is wrong, have the practice correct the patient's status, then search again and send it, or retry the delivery."];
    PatientInactive => CONFLICT, Some(PRACTICE),
        ["Check that this is the right patient.", "To send it anyway, send it with \"acknowledge\": [\"inactive\"], under a new id if its delivery has failed.", "If Bp is wrong, have the practice correct the patient's status, then search again and send it, or retry the delivery."];
    AddresseeNotFound => UNPROCESSABLE_ENTITY, Some(PRACTICE),
        ["In Bp, look up the addressee under Setup > Users: the registration number, the provider number at each location, and that the user is active.", "Retry once this is corrected, or send it to someone else under a new id.", "A message can also name a \"fallbackAddressee\", who then receives it."];
    AddresseeAmbiguous => UNPROCESSABLE_ENTITY, Some(PRACTICE),
        ["In Bp, look up under Setup > Users who has this number, and correct the others.", "Retry once this is corrected, or send it under a new id and address it by the user's Bp number.", "A message can also name a \"fallbackAddressee\", who then receives it."];
    AddresseeAway => CONFLICT, Some(PRACTICE),
        ["You do not need to do anything. The message is in the fallback addressee's inbox."];
    DocumentNotFound => UNPROCESSABLE_ENTITY, None,
        ["Announce the document again, upload it, and send it under a new id. Uploads are kept for a few weeks only."];
    DocumentTooOld => UNPROCESSABLE_ENTITY, None,
        ["Announce the document again, under the same id or a new one, and upload it.", "Repeat the request. An accepted document is kept for two weeks, in case the practice is offline."];
    DocumentNotUploaded => CONFLICT, None,
        ["Upload the file to the link you were given, then repeat the request.", "If the link has expired, announce the same document again to get a new one."];
    DocumentMismatch => UNPROCESSABLE_ENTITY, None,
        ["Compare the length, SHA-256 and content type with the file. Announce the file under another documentId and upload it again."];
    DocumentTooLarge => PAYLOAD_TOO_LARGE, None,
        ["Send a smaller document. For a letter, scans at 150 dots per inch are enough."];
    SummaryNotReady => NOT_FOUND, None,
        ["Wait for the event delivery.delivered of the summary, then repeat the request.", "If the summary's delivery has failed, its problem says what to do."];
    SummaryExpired => GONE, None,
        ["The summary is in the patient's Correspondence Out in Bp. Our copies are kept for a few weeks only."];
    TooManyEndpoints => CONFLICT, None,
        ["Delete an endpoint that you do not need, then repeat the request. A platform has at most 10."];
    AlreadyDelivered => CONFLICT, None, ["You do not need to do anything. If it has since been removed from Bp and is still needed there, send it under a new id."];

    Conflict => CONFLICT, None, ["Read the resource again, then repeat the request."];
    PreconditionFailed => PRECONDITION_FAILED, None,
        ["Nothing was changed. Read the resource again and compare it with your change.", "Repeat the request with the new ETag in If-Match."];
    StorageUnavailable => SERVICE_UNAVAILABLE, Some(PLATFORM),
        ["Repeat the request in a moment."];
    Internal => INTERNAL_SERVER_ERROR, Some(PLATFORM), ["The error has been logged. Repeat the request. If the error continues, contact the platform's support."];
}
