//! A patient's clinical record.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let app = api::AppBuilder::from_environment()?.with_observations()?.build();
    api::serve::run(api::routes::clinical(app)?).await
}
