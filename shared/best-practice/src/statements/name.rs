//! The statements by name, with the files that hold their text.

/// A statement. Its text begins with a comment that names it, so that the logs of both sides can tell
/// statements apart without their values.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Statement {
    /// Our live appointments.
    AppointmentBook,
    /// A page of a patient's documents.
    Attachments,
    /// The live appointment of one booking.
    BookingLookup,
    /// Makes the appointment book show a booking as it is wanted.
    BookingPush,
    /// One patient's clinical record.
    ClinicalSummary,
    /// Files a referral in Correspondence Out.
    CorrespondenceOutWrite,
    /// Whether our letter or message is in Bp.
    DeliveryLookup,
    /// What happened to our messages.
    InboxChecked,
    /// Puts a message into a clinician's unchecked inbox.
    InboxWrite,
    /// The bytes of a document, in parts.
    DocumentContent,
    /// A document's size, and its bytes if they are few.
    DocumentStart,
    /// Reads nothing, under our login.
    LoginProbe,
    /// One patient's demographics.
    PatientDemographics,
    /// Patients by surname and date of birth.
    PatientSearch,
    /// The practice's locations and appointment types.
    PracticeLocations,
    /// Users who have a registration number.
    StaffByRegistration,
    /// Users who may have one name.
    UsersNamed,
}

impl Statement {
    pub const ALL: [Self; 17] = [
        Self::CorrespondenceOutWrite,
        Self::DeliveryLookup,
        Self::InboxChecked,
        Self::InboxWrite,
        Self::ClinicalSummary,
        Self::Attachments,
        Self::DocumentContent,
        Self::DocumentStart,
        Self::LoginProbe,
        Self::PatientDemographics,
        Self::PatientSearch,
        Self::PracticeLocations,
        Self::UsersNamed,
        Self::AppointmentBook,
        Self::BookingLookup,
        Self::BookingPush,
        Self::StaffByRegistration,
    ];

    /// The file's name without its extension.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Attachments => "attachments",
            Self::ClinicalSummary => "clinical_summary",
            Self::CorrespondenceOutWrite => "correspondence_out_write",
            Self::DeliveryLookup => "delivery_lookup",
            Self::InboxChecked => "inbox_checked",
            Self::InboxWrite => "inbox_write",
            Self::DocumentContent => "document_content",
            Self::DocumentStart => "document_start",
            Self::LoginProbe => "login_probe",
            Self::PatientDemographics => "patient_demographics",
            Self::PatientSearch => "patient_search",
            Self::PracticeLocations => "practice_locations",
            Self::UsersNamed => "users_named",
            Self::AppointmentBook => "appointment_book",
            Self::BookingLookup => "booking_lookup",
            Self::BookingPush => "booking_push",
            Self::StaffByRegistration => "staff_by_registration",
        }
    }

    pub(super) fn built_in(self) -> &'static str {
        match self {
            Self::Attachments => include_str!("../../statements/public/attachments.sql"),
            Self::ClinicalSummary => include_str!("../../statements/public/clinical_summary.sql"),
            Self::DocumentContent => include_str!("../../statements/assumed/document_content.sql"),
            Self::DocumentStart => include_str!("../../statements/assumed/document_start.sql"),
            Self::CorrespondenceOutWrite => {
                include_str!("../../statements/assumed/correspondence_out_write.sql")
            }
            Self::DeliveryLookup => include_str!("../../statements/assumed/delivery_lookup.sql"),
            Self::InboxChecked => include_str!("../../statements/assumed/inbox_checked.sql"),
            Self::InboxWrite => include_str!("../../statements/assumed/inbox_write.sql"),
            Self::LoginProbe => include_str!("../../statements/public/login_probe.sql"),
            Self::PatientDemographics => {
                include_str!("../../statements/assumed/patient_demographics.sql")
            }
            Self::PatientSearch => include_str!("../../statements/public/patient_search.sql"),
            Self::PracticeLocations => {
                include_str!("../../statements/public/practice_locations.sql")
            }
            Self::UsersNamed => include_str!("../../statements/public/users_named.sql"),
            Self::AppointmentBook => include_str!("../../statements/public/appointment_book.sql"),
            Self::BookingLookup => include_str!("../../statements/public/booking_lookup.sql"),
            Self::BookingPush => include_str!("../../statements/public/booking_push.sql"),
            Self::StaffByRegistration => {
                include_str!("../../statements/public/staff_by_registration.sql")
            }
        }
    }
}
