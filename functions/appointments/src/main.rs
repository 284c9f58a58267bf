//! Staff and bookings.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let app = api::AppBuilder::from_environment()?.with_cursors()?.with_writer_queue()?.build();
    api::serve::run(api::routes::appointments(app)?).await
}
