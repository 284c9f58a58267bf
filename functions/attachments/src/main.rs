//! The list of a patient's documents, and imports of them.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let (list, imports) = api::serve::attachments_apps()?;
    api::serve::run(api::routes::attachments(list, imports)).await
}
