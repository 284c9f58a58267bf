//! Which requests are counted together.

use axum::http::Method;
use domain::limits::RequestKind;

/// The kind of a request, by its method, the template of its path and its query.
pub(crate) fn kind_of(method: &Method, path: &str, query: Option<&str>) -> RequestKind {
    let path = path.strip_prefix("/v1/practices/{practiceId}/").unwrap_or(path);
    if path.starts_with("patients/") || path.starts_with("fhir/") {
        return RequestKind::Records;
    }
    match (method.as_str(), path) {
        ("GET", "referrals/{referralId}/summary")
        | ("POST", "attachment-imports/{importId}/retry") => RequestKind::Records,
        ("POST", "connection/validation") => RequestKind::Validations,
        ("POST", "documents") => RequestKind::Uploads,
        ("POST", "staff/sync") | ("GET", "locations" | "appointment-types") => RequestKind::Queries,
        // Without this parameter the table answers.
        ("GET", "connection") if query.is_some_and(|query| query.contains("live=true")) => {
            RequestKind::Queries
        }
        ("GET", _) => RequestKind::Reads,
        _ => RequestKind::Writes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caller::{Permission as _, ReadPatients, SeeSentSummaries};
    use crate::routes;

    /// What reads a stored import only repeats what was counted when it began.
    const STORED: [&str; 2] = ["read_import", "cancel_import"];

    #[test]
    fn every_route_that_shows_patients_counts_as_records() {
        use utoipa::OpenApi as _;
        let document = serde_json::to_value(routes::Operations::openapi()).unwrap();
        let mut counted = 0;
        for (path, operations) in document["paths"].as_object().unwrap() {
            for (method, operation) in operations.as_object().unwrap() {
                let handler = operation["operationId"].as_str().unwrap();
                let mut demands = routes::demands().into_iter();
                let (_, demands) = demands.find(|(name, _)| *name == handler).unwrap();
                let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
                let kind = kind_of(&method, path, None);
                let shows = [ReadPatients::ROLES, SeeSentSummaries::ROLES]
                    .into_iter()
                    .zip([ReadPatients::SCOPES, SeeSentSummaries::SCOPES])
                    .any(|callers| demands.callers == Some(callers))
                    && (path.contains("patient") || handler.contains("summary"));
                if shows && !STORED.contains(&handler) {
                    assert_eq!(kind, RequestKind::Records, "{handler}");
                    counted += 1;
                }
                let changes = method != Method::GET;
                assert!(!changes || kind != RequestKind::Reads, "{handler} changes something");
            }
        }
        assert!(counted >= 9, "{counted} routes show patients");
    }

    #[test]
    fn only_a_live_look_at_the_connection_counts_as_a_query() {
        let path = "/v1/practices/{practiceId}/connection";
        let kind = |query| kind_of(&Method::GET, path, query);
        assert_eq!(kind(Some("live=true")), RequestKind::Queries);
        assert_eq!(kind(None), RequestKind::Reads);
        let validation = kind_of(&Method::POST, &format!("{path}/validation"), None);
        assert_eq!(validation, RequestKind::Validations);
        assert_eq!(kind_of(&Method::PUT, path, None), RequestKind::Writes);
    }
}
