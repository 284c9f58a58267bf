//! Receives Halo's notifications and wakes the workers that wait for queries.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    api::serve::run(api::routes::webhook(api::webhook_receiver()?)?).await
}
