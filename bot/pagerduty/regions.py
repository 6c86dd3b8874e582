"""PagerDuty's hosts: nowhere else does the code name one."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Region(NamedTuple):
    """The base addresses of one of PagerDuty's service regions."""

    rest: str
    events: str


REGIONS: Mapping[str, Region] = MappingProxyType(
    {
        "us": Region("https://api.pagerduty.com", "https://events.pagerduty.com/v2"),
        "eu": Region("https://api.eu.pagerduty.com", "https://events.eu.pagerduty.com/v2"),
    }
)
