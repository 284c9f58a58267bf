//! What is said of every problem: status, contact and steps. The list itself, with slugs and titles, is
//! [`domain::problem`].

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
/// Whoever runs the platform that the caller uses.
const PLATFORM: Contact =
    Contact { organisation: "The platform's support", website: None, phone: None };
/// Somebody at the practice with Bp's Setup/Configuration permission.
const PRACTICE: Contact =
    Contact { organisation: "The practice's manager or IT support", website: None, phone: None };

const WHERE_TO_TICK: &str = "In Bp, open Setup > Configuration > Database > Setup third-party integrations (a user with Setup/Configuration permission can).";

/// What is said of a problem.
pub trait ProblemText {
    /// The HTTP status.
    fn status(self) -> StatusCode;
    /// Whom to call if the steps do not help.
    fn contact(self) -> Option<Contact>;
    /// What mends it.
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
    InvalidRequest => BAD_REQUEST, None, [];
    UnsupportedMediaType => UNSUPPORTED_MEDIA_TYPE, None, [];
    RequestTooLarge => PAYLOAD_TOO_LARGE, None, [];
    Unauthenticated => UNAUTHORIZED, None, ["Sign in again and repeat the request."];
    Forbidden => FORBIDDEN, None, ["Ask a practice administrator."];
    NotFound => NOT_FOUND, None, [];
    MethodNotAllowed => METHOD_NOT_ALLOWED, None, [];
    TooManyRequests => TOO_MANY_REQUESTS, None, ["Wait for the time given, then repeat the request."];
    SignInUnavailable => SERVICE_UNAVAILABLE, Some(PLATFORM), ["Nothing was done. Repeat the request in a few seconds."];
    TimedOut => GATEWAY_TIMEOUT, Some(PLATFORM), ["Read what you changed before you repeat the request: it may have been done.", "Repeat the request."];

    NotConnected => CONFLICT, None,
        ["Connect the practice first: Bp Site ID, pairing code and your name as in Bp."];
    PairingCodeNeeded => UNPROCESSABLE_ENTITY, Some(PRACTICE),
        [WHERE_TO_TICK, "Choose this integration without unticking it and press Generate pairing code.", "Enter the Site ID and the pairing code shown."];
    PairingCodeRefused => UNPROCESSABLE_ENTITY, Some(PRACTICE),
        ["Check the code and the Site ID for typing mistakes.", WHERE_TO_TICK, "A code works once and for a few days only: press Generate pairing code and enter the new one."];
    PairingInProgress => CONFLICT, None,
        ["Wait a few seconds and repeat the request."];
    PairingUnconfirmed => SERVICE_UNAVAILABLE, Some(HALO),
        ["Repeat the request with the same pairing code. If Halo did not receive it the first time, it works now.", "If the code is refused then, the first attempt used it up: press Generate pairing code in Bp and enter the new one."];
    TooManyPairings => TOO_MANY_REQUESTS, Some(PRACTICE),
        ["Wait for the time given.", WHERE_TO_TICK, "Press Generate pairing code, and enter the Site ID and the new code exactly as shown.", "If it was the provider number that differed, look it up in Bp under Setup > Users."];
    PairingLost => CONFLICT, Some(PRACTICE),
        [WHERE_TO_TICK, "Check that this integration is ticked and press Generate pairing code.", "Connect again with the new code."];
    IntegrationNotEnabled => CONFLICT, Some(PRACTICE),
        [WHERE_TO_TICK, "Tick this integration (via Halo Connect), answer Yes, and save both windows. If it is ticked already: untick, save, tick, save.", "Repeat the request."];
    SiteUnknown => UNPROCESSABLE_ENTITY, Some(HALO),
        ["Check the Site ID in Bp under Help > About.", "If it is right, Halo Link is probably not installed on the practice's server: have it installed, then repeat the request."];
    ValidationNeedsPairing => CONFLICT, None,
        ["Go on with the pairing code: it checks the Site ID as well."];
    SiteOffline => SERVICE_UNAVAILABLE, Some(PRACTICE),
        ["Check that the practice's server is on and has internet access; many are off at night.", "If it is on, restart the Halo Link service on it."];
    SiteSlow => GATEWAY_TIMEOUT, Some(PRACTICE),
        ["Repeat the request in a moment."];
    BpReleaseTooOld => CONFLICT, Some(BEST_PRACTICE),
        ["Update Bp Premier to Spectra or Spectra SP1: Orchid SP2 (June 2024) and earlier do not work with this integration.", "If the practice cannot update, call Best Practice."];
    ClinicianNotFound => UNPROCESSABLE_ENTITY, Some(PRACTICE),
        ["In Bp, look up your name under Setup > Users.", "Enter first and last name exactly as they stand there, capitals, apostrophes and hyphens included, and the first 6 digits of your provider number if asked.", "The pairing is kept: no new code is needed."];
    ClinicianAmbiguous => UNPROCESSABLE_ENTITY, Some(PRACTICE),
        ["Enter the first 6 digits of your provider number as well.", "If you did, have the practice correct the users under Setup > Users in Bp.", "The pairing is kept: no new code is needed."];
    LinkProofNeeded => UNPROCESSABLE_ENTITY, Some(PRACTICE),
        ["Enter the first 6 digits of your provider number, as in Bp under Setup > Users.", "If Bp has no provider number for you, ask the practice to enter it there.", "Or ask a practice administrator: to end the other account's link or, if your own link was ended, to allow it again. Then link again."];
    ClinicianLinkNeeded => FORBIDDEN, None,
        ["Link your account first: enter the practice's Site ID and your first and last name exactly as in Bp. No pairing code is needed once the practice is paired.", "Repeat the request."];
    PracticeChanged => CONFLICT, Some(HALO),
        ["If the practice was connected to another Bp on purpose: nothing was sent there. Choose the patient, document or booking again in the present Bp, and send it under another id.", "If not: the database behind the Site ID was split, merged or moved. Check with the practice, then connect it again with a new pairing code."];

    HaloKeyRefused => BAD_GATEWAY, Some(PLATFORM),
        ["Nothing at the practice is wrong. The platform's operators have to mend this."];
    HaloAddressRefused => BAD_GATEWAY, Some(PLATFORM),
        ["Nothing at the practice is wrong. The platform's operators have to mend this."];
    HaloQuotaUsed => SERVICE_UNAVAILABLE, Some(PLATFORM),
        ["Nothing at the practice is wrong. Try again later, or contact the platform."];
    HaloBusy => SERVICE_UNAVAILABLE, None, ["Repeat the request after the time given."];
    HaloUnavailable => BAD_GATEWAY, Some(HALO),
        ["Repeat the request in a moment.", "If it goes on, look at Halo's status page."];
    MalformedAnswer => BAD_GATEWAY, Some(PLATFORM),
        ["Report this to the platform."];
    BpPermissionMissing => BAD_GATEWAY, Some(PLATFORM),
        ["The platform has to clear this with Best Practice."];
    BpReleaseDiffers => BAD_GATEWAY, Some(PLATFORM),
        ["Report this to the platform, with the practice's Bp version."];
    BpRefused => BAD_GATEWAY, Some(PLATFORM),
        ["Report this to the platform."];
    BpWriteNotPermitted => BAD_GATEWAY, Some(PLATFORM),
        ["Nothing was written. The platform has to clear this with Best Practice.", "Retry when it is cleared."];
    BpWriteRefused => BAD_GATEWAY, Some(PLATFORM),
        ["Nothing was written. Report this to the platform."];
    LocationUnknown => UNPROCESSABLE_ENTITY, None,
        ["Choose one of the practice's locations."];

    SignatureRefused => UNAUTHORIZED, Some(PLATFORM),
        ["Check that Halo and this deployment have the same webhook secret."];
    NotificationStale => UNAUTHORIZED, Some(PLATFORM),
        ["Check the sender's clock. A copy of an old notification is never taken."];

    IdInUse => CONFLICT, None, ["Choose another id, or send what it was first used with."];
    ImportCancelled => CONFLICT, None, ["Start another import, under another id."];
    DocumentUnknown => NOT_FOUND, None, ["List the patient's documents again and choose from them."];
    DocumentWithoutFile => UNPROCESSABLE_ENTITY, Some(PRACTICE), ["Open the document in Bp: if it is there, have the practice save it again."];
    DocumentInParts => UNPROCESSABLE_ENTITY, Some(PRACTICE), ["Have the practice save it as one file, or attach it by hand."];
    DocumentDamaged => BAD_GATEWAY, Some(HALO), ["Retry the import. Nothing incomplete was kept."];
    DocumentChanged => CONFLICT, None, ["List the patient's documents again, then retry the import."];
    PracticeOffline => SERVICE_UNAVAILABLE, Some(PRACTICE), ["Check that the practice's server is on and has internet access, then retry."];

    BookingsDisabled => CONFLICT, Some(PRACTICE),
        ["In the practice's settings, choose time zone, location and appointment duration, and switch sending on.", "Repeat the request."];
    PractitionerNotListed => UNPROCESSABLE_ENTITY, Some(PLATFORM),
        ["Add the practitioner with their AHPRA number under My Medical Staff, and sync the staff."];
    PractitionerNotSynced => UNPROCESSABLE_ENTITY, Some(PLATFORM),
        ["Sync the staff: My Medical Staff > Sync Staff."];
    PractitionerNotFound => UNPROCESSABLE_ENTITY, Some(PRACTICE),
        ["In Bp, look at the doctor's Registration No. under Setup > Users.", "In the platform, look at the AHPRA number under My Medical Staff. Both have to be the same, letter by letter.", "Correct the one that is wrong and sync the staff again."];
    PractitionerAmbiguous => UNPROCESSABLE_ENTITY, Some(PRACTICE),
        ["In Bp, under Setup > Users, leave the Registration No. with the one user whose appointments are meant.", "Sync the staff again."];
    PractitionerInactive => UNPROCESSABLE_ENTITY, Some(PRACTICE),
        ["If the doctor works at the practice, activate the user in Bp under Setup > Users.", "If not, remove the doctor under My Medical Staff.", "Sync the staff again, then resend the booking."];
    SlotTaken => CONFLICT, Some(PRACTICE),
        ["Nothing was booked over it. It is tried again by itself; to end it, free the time in Bp, or move or cancel the booking."];
    PractitionerAway => CONFLICT, Some(PRACTICE),
        ["It is tried again by itself; to end it, correct the days away in Bp, or move or cancel the booking."];
    Overbooked => CONFLICT, Some(PRACTICE),
        ["Both are in Bp's appointment book at the same time. Ask the practice which one stays, then move or cancel the other."];
    TooFewAttendants => CONFLICT, Some(PRACTICE),
        ["Nobody is visited until enough attendants have room: those who had were taken out of Bp's appointment book again. It is tried again by itself as soon as one of the others has.", "To end it, free the time of the attendants who stand in the way, move the booking, name fewer attendants, or ask for fewer of them with atLeast.", "Resend the booking to have all attendants tried again now."];
    RecallType => UNPROCESSABLE_ENTITY, Some(PRACTICE),
        ["Choose another appointment type in the booking settings: Bp lets nobody from outside cancel appointments for recalls.", "Resend the booking."];
    AppointmentArrived => CONFLICT, None,
        ["It was left as it stands in Bp. If that is wrong, correct it there."];
    StartPassed => CONFLICT, None,
        ["Move the booking to another time, or cancel it."];
    BookingUnverified => BAD_GATEWAY, Some(PLATFORM),
        ["Look for it in Bp's appointment book.", "Resend the booking: Bp is asked before anything is booked again."];

    AttemptFailed => SERVICE_UNAVAILABLE, None,
        ["Nothing needs to be done: it is tried again by itself."];
    OutcomeUnknown => SERVICE_UNAVAILABLE, None,
        ["Nothing needs to be done: Bp is asked before anything is sent again, so that it arrives once.", "If it has failed for this reason, retry it: Bp is asked first."];
    PatientNotFound => UNPROCESSABLE_ENTITY, Some(PRACTICE),
        ["Search for the patient again: the record may have been merged or deleted in Bp.", "Send it again under another id, with the patient's present number."];
    PatientChanged => UNPROCESSABLE_ENTITY, Some(PRACTICE),
        ["Nothing was written. Search for the patient again: the record may have been merged or renamed in Bp, or the practice's database replaced.", "Send it again under another id, with the patient's present number, last name and date of birth."];
    PatientDeceased => CONFLICT, Some(PRACTICE),
        ["Check that this is the right patient.", "To send it all the same, send it with \"acknowledge\": [\"deceased\"]; under another id if its delivery has failed.", "If Bp is wrong, have the practice correct the patient's status, then search again and send it, or retry the delivery."];
    PatientInactive => CONFLICT, Some(PRACTICE),
        ["Check that this is the right patient.", "To send it all the same, send it with \"acknowledge\": [\"inactive\"]; under another id if its delivery has failed.", "If Bp is wrong, have the practice correct the patient's status, then search again and send it, or retry the delivery."];
    AddresseeNotFound => UNPROCESSABLE_ENTITY, Some(PRACTICE),
        ["In Bp, look up the addressee under Setup > Users: the registration number, the provider number at each location, and that the user is active.", "Retry when it is corrected, or send it again under another id to somebody else."];
    AddresseeAmbiguous => UNPROCESSABLE_ENTITY, Some(PRACTICE),
        ["In Bp, look up under Setup > Users who has this number, and correct the others.", "Retry when it is corrected, or send it again under another id by the user's Bp number."];
    DocumentNotFound => UNPROCESSABLE_ENTITY, None,
        ["Announce the document, upload it, and send it again under another id: uploads are kept for some weeks only."];
    DocumentTooOld => UNPROCESSABLE_ENTITY, None,
        ["Announce the document again, under the same id or another one, and upload it.", "Repeat the request: what is accepted is kept for a practice that stays offline for two weeks."];
    DocumentNotUploaded => CONFLICT, None,
        ["Upload the bytes to the link that was given, then repeat the request.", "If the link has expired, announce the same document again for another one."];
    DocumentMismatch => UNPROCESSABLE_ENTITY, None,
        ["Check length, SHA-256 and content type against the file, announce it under another documentId and upload it again."];
    DocumentTooLarge => PAYLOAD_TOO_LARGE, None,
        ["Send a smaller document: scans at 150 dots per inch are enough for a letter."];
    AlreadyDelivered => CONFLICT, None, ["Nothing needs to be done. If it was removed from Bp since and is wanted there after all, send it under another id."];

    Conflict => CONFLICT, None, ["Read it again and repeat the request."];
    StorageUnavailable => SERVICE_UNAVAILABLE, Some(PLATFORM),
        ["Repeat the request in a moment."];
    Internal => INTERNAL_SERVER_ERROR, Some(PLATFORM), ["The fault is ours and has been recorded. Try again."];
}
