"""Known problems of a practice's Bp release (`advisories.json`)."""

from .statements import data

_RELEASES = [name.lower() for name in data("releases.json")["releases"]]
_SHOWN = ("id", "title", "detail", "steps", "contact", "source")
_ADVISORIES = data("advisories.json")["advisories"]
_PRODUCT = {"best", "practice", "bp", "premier"}
_REVISION = {"revision", "rev", "build", "version"}


def advisories(concern: str, site: dict) -> list[dict]:
    """The advisories for a site's Bp release. Of a release that is not certain there is none."""
    release = rank(site.get("pmsVersion") or "")
    return [
        {name: one[name] for name in _SHOWN if name in one}
        for one in _ADVISORIES
        # No advisory about records depends on anything else.
        if concern in one["concerns"] and "bp" in one and release is not None and within(release, one["bp"])
    ]


def rank(version: str) -> int | None:
    """The place of a release in the list of releases."""
    words = version.lower().split()
    while words and words[0] in _PRODUCT:
        words.pop(0)
    while words and (words[-1] in _REVISION or words[-1][0].isdigit()):
        words.pop()
    name = " ".join(words)
    return _RELEASES.index(name) if name in _RELEASES else None


def within(release: int, named: dict) -> bool:
    begin, end = named.get("from"), named.get("before")
    return (begin is None or release >= _RELEASES.index(begin.lower())) and (
        end is None or release < _RELEASES.index(end.lower())
    )
