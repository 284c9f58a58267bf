//! The staff list and the bookings of a practice.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    api::serve::run(api::routes::appointments(api::serve::appointments_app()?)).await
}
