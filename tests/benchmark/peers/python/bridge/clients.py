"""The clients that every function makes once, before its first poll."""

import os

import boto3
import orjson
from botocore.config import Config

TABLE = os.environ["TABLE_NAME"]
# The benchmark's doubles have an authority of their own.
AUTHORITY = os.environ.get("BENCH_CA_FILE")
_SESSION = boto3.session.Session(region_name=os.environ.get("AWS_REGION"))
_CONFIG = Config(
    connect_timeout=2,
    read_timeout=4,
    retries={"mode": "standard", "max_attempts": 3},
    tcp_keepalive=True,
)


def aws(service: str, config: Config = Config()):
    """A client of one AWS service, which keeps its connections."""
    return _SESSION.client(service, config=_CONFIG.merge(config), verify=AUTHORITY)


DYNAMODB = aws("dynamodb")
_SECRETS = aws("secretsmanager")


class HaloKeys:
    """Halo's subscription keys. They are read on first use and kept."""

    def __init__(self) -> None:
        self._keys: list[str] | None = None

    def current(self) -> list[str]:
        if self._keys is None:
            self.reread()
        return self._keys

    def reread(self) -> None:
        text = _SECRETS.get_secret_value(SecretId=os.environ["HALO_SECRET_ARN"])["SecretString"]
        if text.lstrip().startswith("{"):
            secret = orjson.loads(text)
            keys = [secret["primary"], secret.get("secondary")]
        else:
            keys = [text]
        self._keys = [key for key in keys if key]
