//! A patient's clinical record for a referral.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    api::serve::run(api::routes::clinical(api::serve::clinical_app()?)).await
}
