//! Patient search and demographics.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    api::serve::run(api::routes::patients(api::serve::app()?)).await
}
