//! The console: a page in the browser, built from `infra/console` and served on loopback.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::extract::{Path as UrlPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::tools::lock;
use crate::{Error, Progress, StackFile, Tokens, TypeScriptClient, fresh_tokens};

/// The package, from the checkout.
const PACKAGE: &str = "infra/console";
/// The files of the page, with their content types.
const FILES: [(&str, &str); 3] = [
    ("index.html", "text/html; charset=utf-8"),
    ("main.js", "text/javascript; charset=utf-8"),
    ("style.css", "text/css; charset=utf-8"),
];

/// The page, built.
#[derive(Clone, Debug)]
pub struct Console {
    client: TypeScriptClient,
    packages: PathBuf,
    page: PathBuf,
}

/// The page, served until this value is dropped.
#[derive(Debug)]
pub struct ServedConsole {
    url: String,
    server: tokio::task::JoinHandle<()>,
}

#[derive(Debug)]
struct Served {
    page: PathBuf,
    host: String,
    file: StackFile,
    /// The stack's folder, from which new tokens are asked for.
    folder: Option<PathBuf>,
}

impl Console {
    /// Checks the types of the page's sources and bundles them.
    ///
    /// # Errors
    /// When a tool cannot be installed, or when the sources do not fit the client.
    pub async fn build(checkout: &Path, progress: &Progress) -> Result<Self, Error> {
        let client = TypeScriptClient::build(checkout, progress).await?;
        let package = checkout.join(PACKAGE);
        let packages = client.tool().packages("console", &package, progress).await?;
        let page = packages.join("page");
        let console = Self { client, packages, page };
        let bundling = console.bundle(&package, progress);
        progress.step("Building the console", bundling).await?;
        Ok(console)
    }

    async fn bundle(&self, package: &Path, progress: &Progress) -> Result<(), Error> {
        let _lock = lock(&self.packages.join("build.lock"), progress).await?;
        let mut build = self.client.node([package.join("build.mjs")]);
        build.arg(&self.packages).arg(self.client.folder()).arg(&self.page);
        self.client.tool().run("the build of the console", &mut build, progress).await
    }

    /// A command that runs a program of the package, next to its packages.
    #[must_use]
    pub fn program(&self, name: &str) -> tokio::process::Command {
        let mut node = self.client.node([self.packages.join(name)]);
        node.current_dir(&self.packages);
        node
    }

    /// The folder with the page's files.
    #[must_use]
    pub fn page(&self) -> &Path {
        &self.page
    }

    /// Serves the page for a stack. With the stack's folder, everybody who signs in gets a new token. Otherwise the
    /// tokens are those of the file.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn serve(
        &self,
        file: StackFile,
        folder: Option<PathBuf>,
    ) -> Result<ServedConsole, Error> {
        let failed = |source| Error::Start { program: "the console", source };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
        let host = listener.local_addr().map_err(failed)?.to_string();
        let url = format!("http://{host}/");
        let served = Arc::new(Served { page: self.page.clone(), host, file, folder });
        let router = Router::new()
            .route("/", get(index))
            .route("/{name}", get(page_file))
            .route("/config.json", get(config))
            .route("/sign-in", post(sign_in))
            .layer(middleware::from_fn_with_state(Arc::clone(&served), guard))
            .with_state(served);
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(ServedConsole { url, server })
    }
}

impl ServedConsole {
    /// The page's address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for ServedConsole {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Refuses pages of other origins, and names that somebody made to stand for this address.
async fn guard(State(served): State<Arc<Served>>, request: Request, next: Next) -> Response {
    let is_ours = |headers: &HeaderMap| {
        let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
        let origin = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok());
        host == Some(served.host.as_str())
            && origin.is_none_or(|origin| origin == format!("http://{}", served.host))
    };
    if !is_ours(request.headers()) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let policy = "default-src 'self'; connect-src 'self' http://127.0.0.1:*; img-src 'self' data:; \
                  object-src 'none'; base-uri 'none'; frame-ancestors 'none'";
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response
}

async fn index(state: State<Arc<Served>>) -> Response {
    page_file(state, UrlPath("index.html".to_owned())).await
}

async fn page_file(State(served): State<Arc<Served>>, UrlPath(name): UrlPath<String>) -> Response {
    let Some((name, kind)) = FILES.iter().find(|(known, _)| *known == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match tokio::fs::read(served.page.join(name)).await {
        Ok(bytes) => ([(header::CONTENT_TYPE, *kind)], bytes).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

/// What the page must know.
async fn config(State(served): State<Arc<Served>>) -> Json<Value> {
    let StackFile { api_url, practices, simulator, .. } = &served.file;
    let shown: Vec<Value> = practices
        .iter()
        .map(|one| json!({"practiceId": one.practice_id, "siteId": one.site_id, "name": one.name}))
        .collect();
    Json(json!({
        "apiUrl": api_url,
        "local": {"controlUrl": simulator.control_url, "practices": shown},
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    who: Who,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Who {
    PracticeAdmin,
    Clinician,
    OtherPracticeClinician,
    Platform,
}

async fn sign_in(State(served): State<Arc<Served>>, Json(wish): Json<Wish>) -> Response {
    let tokens: Tokens = match &served.folder {
        None => served.file.tokens.clone(),
        Some(folder) => match fresh_tokens(folder).await {
            Ok(tokens) => tokens,
            Err(error) => {
                let message = json!({"message": error.to_string()});
                return (StatusCode::BAD_GATEWAY, Json(message)).into_response();
            }
        },
    };
    let token = match wish.who {
        Who::PracticeAdmin => tokens.practice_admin,
        Who::Clinician => tokens.clinician,
        Who::OtherPracticeClinician => tokens.other_practice_clinician,
        Who::Platform => tokens.platform,
    };
    Json(json!({ "token": token })).into_response()
}
