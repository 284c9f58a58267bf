//! Connection, validation, locations, settings, audit trail and usage of a practice.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let app = api::AppBuilder::from_environment()?.with_cursors()?.build();
    api::serve::run(api::routes::practice(app)?).await
}
