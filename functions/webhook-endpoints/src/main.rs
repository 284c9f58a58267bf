//! The webhook endpoints of platforms.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let routes = api::routes::webhook_endpoints(api::webhook_endpoints()?)?;
    api::serve::run(routes).await
}
