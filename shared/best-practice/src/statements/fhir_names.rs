//! How a document is named in FHIR (`data/fhir_documents.json`). The names are not public.

use std::collections::BTreeMap;

use domain::attachments::Folder;
use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct FhirNames {
    pub(crate) patient_parameter: String,
    pub(crate) identifier_parameter: String,
    pub(crate) identifier_systems: BTreeMap<Folder, String>,
}

impl FhirNames {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let names: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let missing = Folder::ALL.iter().find(|it| !names.identifier_systems.contains_key(it));
        missing.map_or(Ok(names), |it| Err(format!("{} has no identifier system", it.name())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_needs_an_identifier_system() {
        assert!(FhirNames::parse(include_str!("../../data/fhir_documents.json")).is_ok());
        let lacking = r#"{"patientParameter": "p", "identifierParameter": "i", "identifierSystems": {"investigations": "x"}}"#;
        assert!(FhirNames::parse(lacking).is_err());
    }
}
