//! Documents, referrals, messages and their deliveries.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    api::serve::run(api::routes::correspondence(api::serve::correspondence_app()?)).await
}
