//! Halo's notifications: wakes whoever waits for a query.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    api::serve::run(api::routes::webhook(api::serve::webhook_app()?)).await
}
