//! Documents, referrals, messages and their deliveries.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let app = api::AppBuilder::from_environment()?;
    let app = app.with_cursors()?.with_uploads()?.with_writer_queue()?.build();
    api::serve::run(api::routes::correspondence(app)?).await
}
