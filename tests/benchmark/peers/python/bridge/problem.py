"""Errors that callers see, as RFC 9457 has them."""


class Problem(Exception):
    def __init__(self, status: int, kind: str, title: str, errors: list[dict] | None = None) -> None:
        super().__init__(kind)
        self.status, self.kind, self.title, self.errors = status, kind, title, errors

    def body(self) -> dict:
        body = {"type": self.kind, "title": self.title, "status": self.status, "detail": self.title}
        return body | {"errors": self.errors} if self.errors else body


def invalid(*errors: tuple[str, str]) -> Problem:
    listed = [{"pointer": pointer, "message": message} for pointer, message in errors]
    return Problem(400, "invalid-request", "The request is not valid", listed)


UNAUTHENTICATED = (401, "unauthenticated", "A valid token is needed")
FORBIDDEN = (403, "forbidden", "You do not have permission to do this")
NOT_FOUND = (404, "not-found", "Not found")
NOT_CONNECTED = (409, "not-connected", "The practice is not connected to Best Practice")
LINK_NEEDED = (403, "clinician-link-needed", "Your account is not linked to a Bp user")
OFFLINE = (503, "site-offline", "The practice's server cannot be reached")
SLOW = (504, "site-slow", "The practice's server did not answer in time")
HALO = (502, "halo-unavailable", "Halo Connect is unavailable")
MALFORMED = (502, "malformed-answer", "The practice's answer could not be understood")
