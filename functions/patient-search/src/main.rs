//! Patient search and demographics.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let app = api::AppBuilder::from_environment()?.build();
    api::serve::run(api::routes::patients(app)?).await
}
