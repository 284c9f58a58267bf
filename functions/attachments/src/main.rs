//! A patient's documents in Bp, and imports of them.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let app = api::AppBuilder::from_environment()?;
    let app = app.with_cursors()?.with_copies()?.with_import_queue()?.build();
    api::serve::run(api::routes::attachments(app)?).await
}
