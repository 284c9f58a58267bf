//! The list of a patient's documents.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    api::serve::run(api::routes::attachments(api::serve::paged_app()?)).await
}
