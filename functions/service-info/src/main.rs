//! Health and the OpenAPI document.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    aws::telemetry::start();
    api::serve::run(api::routes::service(api::openapi::document)?).await
}
