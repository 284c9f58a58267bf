//! The columns of `clinical_summary`, and the views that they are read from.

/// One side read of the statement: its columns, and the view it reads.
#[derive(Clone, Copy)]
pub(super) struct Source {
    pub(super) column: &'static str,
    pub(super) error: &'static str,
    pub(super) view: &'static str,
}

macro_rules! sources {
    ($($name:ident: $column:literal, $error:literal, $view:literal;)*) => {
        $(pub(super) const $name: Source = Source { column: $column, error: $error, view: $view };)*
    };
}

sources! {
    HISTORY: "History", "HistoryError", "BPS_History";
    HISTORY_MARKER: "HistoryMarker", "HistoryMarkerError", "BPS_Clinical";
    MEDICATIONS: "Medications", "MedicationsError", "BPS_CurrentRx";
    REACTIONS: "Reactions", "ReactionsError", "BPS_Reactions";
    ALLERGY_MARKER: "AllergyMarker", "AllergyMarkerError", "BPS_Clinical";
    ALLERGY_CODE: "AllergyCode", "AllergyCodeError", "CLINICAL";
    FAMILY: "Family", "FamilyError", "BPS_FamilyHistory";
    RELATIVES: "Relatives", "RelativesError", "BPS_FamilyHistoryDetail";
    FAMILY_MARKER: "FamilyMarker", "FamilyMarkerError", "BPS_Clinical";
    TOBACCO: "Tobacco", "TobaccoError", "BPS_Tobacco";
    ALCOHOL: "Alcohol", "AlcoholError", "BPS_Alcohol";
    CIRCUMSTANCES: "Circumstances", "CircumstancesError", "BPS_Clinical";
    OCCUPATIONS: "Occupations", "OccupationsError", "BPS_OccupationHistory";
    OBSERVATIONS: "Observations", "ObservationsError", "BPS_Observations";
    IMMUNISATIONS: "Immunisations", "ImmunisationsError", "BPS_Immunisations";
    IDENTITY: "Identity", "IdentityError", "BPS_Patients";
    DEATH: "Death", "DeathError", "PATIENTS";
    PRACTITIONERS: "Practitioners", "PractitionersError", "USERS";
    USUAL_DOCTOR: "UsualDoctor", "UsualDoctorError", "USERS";
    PRACTICE: "Practice", "PracticeError", "PRACTICE";
    LOCATIONS: "Locations", "LocationsError", "BPS_PracticeLocations";
}
