//! The documents that a caller wants to import. Each field is checked separately, so that a form can
//! mark all errors at once.

use domain::attachments::Folder;
use domain::ids::DocumentId;
use domain::imports::{Category, ImportId, NoSelections, Selection, Selections};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::input::Checker;
use crate::problem::Problem;

/// The documents to import.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ImportRequest {
    /// The caller's own id: 1 to 64 letters, digits, hyphens and underscores.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    import_id: String,
    /// 1 to 50 documents, each once.
    #[schema(min_items = 1, max_items = 50)]
    items: Vec<ImportRequestItem>,
}

/// A document from the list of attachments.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ImportRequestItem {
    #[schema(value_type = Folder)]
    folder: String,
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    document_id: i64,
    /// The caller's own category, 1 to 40 characters. For example Pathology or Imaging.
    #[schema(min_length = 1, max_length = 40)]
    category: Option<String>,
}

impl ImportRequest {
    pub(super) fn parse(self) -> Result<(ImportId, Selections), Problem> {
        let mut fields = Checker::default();
        let id = fields.check("/importId", ImportId::parse(&self.import_id));
        let mut chosen = Vec::with_capacity(self.items.len().min(Selections::MOST_DOCUMENTS));
        for (place, item) in self.items.iter().take(Selections::MOST_DOCUMENTS + 1).enumerate() {
            let at = |field: &str| format!("/items/{place}/{field}");
            let folder = fields.check(&at("folder"), Folder::parse(&item.folder));
            let document = fields.check(&at("documentId"), DocumentId::parse(item.document_id));
            let category = match &item.category {
                Some(text) => fields.check(&at("category"), Category::parse(text)).map(Some),
                None => Some(None),
            };
            let selection = folder.zip(document).zip(category);
            chosen.extend(selection.map(|((folder, document_id), category)| Selection {
                folder,
                document_id,
                category,
            }));
        }
        // Wrong items are left out of `chosen`, so later items have other indexes there.
        let complete = chosen.len() == self.items.len();
        let selections = match Selections::new(chosen) {
            Ok(selections) => Some(selections),
            Err(NoSelections::Number)
                if !(1..=Selections::MOST_DOCUMENTS).contains(&self.items.len()) =>
            {
                fields.wrong("/items", "choose 1 to 50 documents");
                None
            }
            Err(NoSelections::Twice(place)) if complete => {
                fields.wrong(&format!("/items/{place}"), "this document is listed already");
                None
            }
            Err(_) => None,
        };
        fields.finish(id.zip(selections))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(json: serde_json::Value) -> Result<(ImportId, Selections), Vec<String>> {
        let request: ImportRequest = serde_json::from_value(json).unwrap();
        request
            .parse()
            .map_err(|problem| problem.errors.into_iter().map(|error| error.pointer).collect())
    }

    fn document(id: i64) -> serde_json::Value {
        serde_json::json!({ "folder": "investigations", "documentId": id })
    }

    #[test]
    fn everything_that_is_wrong_is_pointed_at() {
        let wrong = parsed(serde_json::json!({ "importId": "a b", "items": [
            { "folder": "letters", "documentId": 1 },
            { "folder": "investigations", "documentId": 0 },
            { "folder": "investigations", "documentId": 2, "category": "a\nb" },
        ] }));
        let pointers = ["/importId", "/items/0/folder", "/items/1/documentId", "/items/2/category"];
        assert_eq!(wrong.unwrap_err(), pointers);
    }

    #[test]
    fn a_document_is_chosen_once_and_fifty_at_most() {
        let items = |items: Vec<_>| parsed(serde_json::json!({ "importId": "a", "items": items }));
        assert_eq!(items(Vec::new()).unwrap_err(), ["/items"]);
        assert_eq!(items((1..=51).map(document).collect()).unwrap_err(), ["/items"]);
        assert_eq!(items(vec![document(1), document(2), document(1)]).unwrap_err(), ["/items/2"]);
        assert_eq!(items((1..=50).map(document).collect()).unwrap().1.as_slice().len(), 50);
    }

    #[test]
    fn a_shape_that_is_not_known_is_refused() {
        for wrong in [
            serde_json::json!({ "importId": "a", "items": [], "more": 1 }),
            serde_json::json!({ "importId": "a", "items": [{ "folder": "investigations", "documentId": 1, "x": 1 }] }),
            serde_json::json!({ "importId": "a", "items": [{ "folder": "investigations", "documentId": "1" }] }),
        ] {
            assert!(serde_json::from_value::<ImportRequest>(wrong).is_err());
        }
    }
}
