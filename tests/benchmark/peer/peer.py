"""The functions' peer: what the same service would be in Python, up to its first poll.

Makes the clients that a function that serves practices makes (DynamoDB, Secrets Manager, and an HTTP
client for Halo), then polls the Lambda Runtime API over one kept connection, as Lambda's own Python
runtime does. `--versions` prints what it runs on instead.
"""

import http.client
import json
import os
import sys

import boto3
import requests

TABLE = boto3.client("dynamodb")
SECRETS = boto3.client("secretsmanager")
HALO = requests.Session()


def answer(_event: dict) -> dict:
    return {"statusCode": 200, "headers": {}, "body": "{}", "isBase64Encoded": False}


def serve(address: str) -> None:
    invocation = "/2018-06-01/runtime/invocation"
    connection = http.client.HTTPConnection(address)
    while True:
        connection.request("GET", f"{invocation}/next")
        response = connection.getresponse()
        request_id = response.getheader("Lambda-Runtime-Aws-Request-Id")
        event = json.loads(response.read())
        body = json.dumps(answer(event))
        connection.request("POST", f"{invocation}/{request_id}/response", body)
        connection.getresponse().read()


if __name__ == "__main__":
    if sys.argv[1:] == ["--versions"]:
        python = ".".join(map(str, sys.version_info[:3]))
        print(f"Python {python}, boto3 {boto3.__version__}, requests {requests.__version__}")
    else:
        serve(os.environ["AWS_LAMBDA_RUNTIME_API"])
