//! Connection, validation, locations, settings and audit trail of a practice.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    api::serve::run(api::routes::practice(api::serve::app()?)).await
}
