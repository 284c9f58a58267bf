//! Lets the AWS clients use the same HTTP stack as everything else.
//!
//! The SDK's own stack would come into each program a second time, with HTTP/2, which no AWS service
//! that we call needs.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use reqwest::{Body, Client, Request};

/// Sends the requests of AWS clients. The SDK itself ends what takes too long.
#[derive(Clone, Debug)]
pub(crate) struct Connector(Client);

impl Connector {
    pub(crate) fn new(client: Client) -> Self {
        Self(client)
    }
}

impl HttpClient for Connector {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.0.clone();
        HttpConnectorFuture::new(send(client, request))
    }
}

async fn send(client: Client, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let request = Request::try_from(request.map(Body::wrap)).map_err(failure)?;
    let response = http::Response::from(client.execute(request).await.map_err(failure)?);
    HttpResponse::try_from(response.map(SdkBody::from_body_1_x))
        .map_err(|error| ConnectorError::other(error.into(), None))
}

/// Which failures the SDK may repeat. The text of an error never has the address.
fn failure(error: reqwest::Error) -> ConnectorError {
    let error = error.without_url();
    if error.is_timeout() {
        ConnectorError::timeout(error.into())
    } else if error.is_builder() {
        ConnectorError::user(error.into())
    } else {
        ConnectorError::io(error.into())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;

    use config::AwsConfig;

    use crate::clients;

    /// Answers each connection's one request with this text. An empty text loses the answer.
    fn server(answers: &'static [&'static str]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        thread::spawn(move || {
            for answer in answers {
                let mut connection = listener.accept().unwrap().0;
                let read = connection.read(&mut [0; 4096]).unwrap();
                assert!(read > 0);
                connection.write_all(answer.as_bytes()).unwrap();
            }
        });
        address
    }

    fn client(endpoint: String) -> aws_sdk_dynamodb::Client {
        let config = AwsConfig {
            region: "ap-southeast-2".to_owned(),
            access_key_id: "made-up".to_owned(),
            secret_access_key: "made-up".into(),
            session_token: None,
            endpoint: Some(endpoint.parse().unwrap()),
        };
        aws_sdk_dynamodb::Client::new(&clients::aws(&config).unwrap())
    }

    const TABLES: &str = "HTTP/1.1 200 OK\r\ncontent-length: 23\r\nconnection: close\r\n\r\n{\"TableNames\":[\"ours\"]}";
    const REFUSED: &str = "HTTP/1.1 400 Bad Request\r\ncontent-length: 38\r\nconnection: close\r\n\r\n\
        {\"__type\":\"ResourceNotFoundException\"}";

    #[tokio::test]
    async fn a_request_whose_answer_is_lost_is_sent_again() {
        let answer = client(server(&["", TABLES])).list_tables().send().await.unwrap();
        assert_eq!(answer.table_names(), ["ours"]);
    }

    #[tokio::test]
    async fn a_refusal_is_read_and_not_repeated() {
        let refused = client(server(&[REFUSED])).describe_table().table_name("gone").send().await;
        let error = refused.unwrap_err().into_service_error();
        assert!(error.is_resource_not_found_exception(), "{error:?}");
    }
}
