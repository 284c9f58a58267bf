"""Polls the Lambda Runtime API over one kept connection, as Lambda's own runtime does."""

import http.client
import os
import sys
import traceback
from collections.abc import Callable

import orjson

INVOCATION = "/2018-06-01/runtime/invocation"


def serve(handle: Callable[[dict, float], dict]) -> None:
    """Calls `handle` with each event and its deadline (in seconds of the clock) until Lambda ends the process."""
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    while True:
        connection.request("GET", f"{INVOCATION}/next")
        response = connection.getresponse()
        request_id = response.getheader("Lambda-Runtime-Aws-Request-Id")
        deadline = int(response.getheader("Lambda-Runtime-Deadline-Ms", "0")) / 1000
        event = orjson.loads(response.read())
        try:
            path, body = "response", orjson.dumps(handle(event, deadline))
        except Exception as error:
            # Only the type and the places: the text of an error may contain a patient's data.
            traceback.print_tb(error.__traceback__, file=sys.stderr)
            failure = {"errorType": type(error).__name__, "errorMessage": "the function failed"}
            path, body = "error", orjson.dumps(failure)
        connection.request("POST", f"{INVOCATION}/{request_id}/{path}", body)
        connection.getresponse().read()


def log(**fields: object) -> None:
    """Writes one line of JSON on standard output, from which Lambda takes logs and metrics."""
    sys.stdout.write(orjson.dumps(fields).decode() + "\n")
    sys.stdout.flush()


def metrics(values: dict[str, tuple[str, float]], dimensions: list[list[str]], **fields: object) -> None:
    """Writes metrics, each with its unit, as one line in CloudWatch's embedded metric format."""
    import time

    definitions = [{"Name": name, "Unit": unit} for name, (unit, _) in values.items()]
    described = {"Namespace": "PracticeBridge", "Dimensions": dimensions, "Metrics": definitions}
    numbers = {name: value for name, (_, value) in values.items()}
    log(**numbers, **fields, _aws={"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [described]})
