//! The operations of Halo Cloud: how requests are matched to them, and their names in faults.

use http::Method;
use serde::Serialize;

/// An operation of the public API, or one of the two things that Halo does on its own.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Operation {
    /// `POST /integrator/pair-site` and its deprecated twin.
    PairSite,
    /// `GET /integrator/sites`.
    FindSites,
    /// `GET /integrator/sites/{siteId}`.
    GetSite,
    /// `POST …/queries/immediate`.
    ImmediateQuery,
    /// `POST …/queries/async`.
    AsyncQuery,
    /// `GET …/queries/{queryId}`.
    QueryStatus,
    /// `POST …/queries/status`.
    BatchStatus,
    /// `GET …/results/{pageNumber}`.
    ResultPage,
    /// `GET …/results/{pageNumber}/stream`.
    StreamPage,
    /// `POST …/queries/registered`.
    RegisterQuery,
    /// `GET …/queries/registered`.
    ListRegistered,
    /// `GET …/queries/registered/{queryId}`.
    GetRegistered,
    /// `DELETE …/queries/registered/{queryId}`.
    CancelRegistered,
    /// `GET …/queries/registered/{queryId}/results`.
    RegisteredResult,
    /// `GET …/fhir/R4/…`.
    FhirRead,
    /// `POST …/fhir/R4/{resource}/_search`.
    FhirSearch,
    /// One run of a registered query at the practice.
    RegisteredExecution,
    /// One notification to the integrator.
    Webhook,
}

use Operation::{
    AsyncQuery, BatchStatus, CancelRegistered, FhirRead, FhirSearch, FindSites, GetRegistered,
    GetSite, ImmediateQuery, ListRegistered, PairSite, QueryStatus, RegisterQuery,
    RegisteredExecution, RegisteredResult, ResultPage, StreamPage, Webhook,
};

/// The operations that an integrator can call.
pub(crate) const REQUESTS: [Operation; 16] = [
    PairSite,
    FindSites,
    GetSite,
    ImmediateQuery,
    AsyncQuery,
    QueryStatus,
    BatchStatus,
    ResultPage,
    StreamPage,
    RegisterQuery,
    ListRegistered,
    GetRegistered,
    CancelRegistered,
    RegisteredResult,
    FhirRead,
    FhirSearch,
];

impl Operation {
    pub(crate) fn is_fhir(self) -> bool {
        matches!(self, FhirRead | FhirSearch)
    }

    /// The operations with this name: a name from here, from Halo's public document, or of a family.
    pub(crate) fn named(name: &str) -> Option<Vec<Operation>> {
        let plain: String =
            name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
        if name.trim() == "*" {
            return Some(everything());
        }
        Some(match plain.as_str() {
            "any" | "all" => everything(),
            "pairsite" | "pair" | "integratorpairsite" => vec![PairSite],
            "findsites" | "getsites" | "sites" => vec![FindSites],
            "getsite" | "site" | "sitestatus" => vec![GetSite],
            "query" | "queries" => vec![ImmediateQuery, AsyncQuery],
            "immediatequery" | "createimmediatequery" | "immediate" => vec![ImmediateQuery],
            "asyncquery" | "createasyncquery" | "async" => vec![AsyncQuery],
            "querystatus" | "getquery" => vec![QueryStatus],
            "batchstatus" | "getquerystatusbatch" => vec![BatchStatus],
            "resultpage" | "getresultpage" => vec![ResultPage],
            "streampage" | "streamresultpage" => vec![StreamPage],
            "registeredquery" | "registerquery" | "createregisteredquery" => vec![RegisterQuery],
            "listregistered" | "getregisteredqueries" => vec![ListRegistered],
            "getregistered" | "getregisteredquery" => vec![GetRegistered],
            "cancelregistered" | "cancelregisteredquery" => vec![CancelRegistered],
            "registeredresult" | "getregisteredqueryresult" => vec![RegisteredResult],
            "registeredexecution" => vec![RegisteredExecution],
            "fhir" => vec![FhirRead, FhirSearch],
            "fhirread" | "getfhirquery" => vec![FhirRead],
            "fhirsearch" | "postfhirsearch" => vec![FhirSearch],
            "webhook" => vec![Webhook],
            _ => return None,
        })
    }
}

fn everything() -> Vec<Operation> {
    let mut all = REQUESTS.to_vec();
    all.extend([RegisteredExecution, Webhook]);
    all
}

/// A request's operation and the variable parts of its path.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Route {
    pub(crate) operation: Operation,
    /// The Halo GUID, as written.
    pub(crate) site: Option<String>,
    /// A query id, as written.
    pub(crate) query: Option<String>,
    /// A page number, as written.
    pub(crate) page: Option<String>,
    /// Everything after `fhir/R4/`, as written.
    pub(crate) fhir: Option<String>,
}

impl Route {
    /// The route of a request. `None` means the gateway's "operation not found".
    pub(crate) fn of(method: &Method, path: &str) -> Option<Route> {
        let rest = path.strip_prefix("/integrator/")?;
        let parts: Vec<&str> = rest.trim_end_matches('/').split('/').collect();
        let (get, post) = (method == Method::GET, method == Method::POST);
        let (operation, parts) = match parts.as_slice() {
            ["pair-site" | "pairSite"] if post => (PairSite, [None; 3]),
            ["sites"] if get => (FindSites, [None; 3]),
            ["sites", site] if get => (GetSite, [Some(*site), None, None]),
            ["sites", site, "queries", "immediate"] if post => {
                (ImmediateQuery, [Some(*site), None, None])
            }
            ["sites", site, "queries", "async"] if post => (AsyncQuery, [Some(*site), None, None]),
            ["sites", site, "queries", "status"] if post => {
                (BatchStatus, [Some(*site), None, None])
            }
            ["sites", site, "queries", "registered"] if post => {
                (RegisterQuery, [Some(*site), None, None])
            }
            ["sites", site, "queries", "registered"] if get => {
                (ListRegistered, [Some(*site), None, None])
            }
            ["sites", site, "queries", "registered", id] if get => {
                (GetRegistered, [Some(*site), Some(*id), None])
            }
            ["sites", site, "queries", "registered", id] if method == Method::DELETE => {
                (CancelRegistered, [Some(*site), Some(*id), None])
            }
            ["sites", site, "queries", "registered", id, "results"] if get => {
                (RegisteredResult, [Some(*site), Some(*id), None])
            }
            ["sites", site, "queries", id] if get => (QueryStatus, [Some(*site), Some(*id), None]),
            ["sites", site, "queries", id, "results", page] if get => {
                (ResultPage, [Some(*site), Some(*id), Some(*page)])
            }
            ["sites", site, "queries", id, "results", page, "stream"] if get => {
                (StreamPage, [Some(*site), Some(*id), Some(*page)])
            }
            ["sites", site, "fhir", "R4", rest @ ..] => {
                let operation = match rest {
                    [_, "_search"] if post => FhirSearch,
                    [_, ..] if get => FhirRead,
                    _ => return None,
                };
                return Some(Route {
                    operation,
                    site: Some((*site).to_owned()),
                    query: None,
                    page: None,
                    fhir: Some(rest.join("/")),
                });
            }
            _ => return None,
        };
        let [site, query, page] = parts.map(|part| part.map(str::to_owned));
        Some(Route { operation, site, query, page, fhir: None })
    }
}
