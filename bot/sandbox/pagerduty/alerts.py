"""Alerts: what events open, repeat, acknowledge and resolve, per integration and dedup key."""

from collections.abc import Mapping
from typing import Any

from bot.sandbox.pagerduty.collaboration import Collaboration
from bot.sandbox.pagerduty.records import Alert, Incident, Service

Event = Mapping[str, Any]


def _describe(alert: Alert, event: Event) -> None:
    payload = event["payload"]
    alert.summary = payload["summary"]
    alert.severity = payload["severity"]
    alert.details = payload.get("custom_details", {})
    alert.links = tuple(event.get("links", ()))
    alert.images = tuple(event.get("images", ()))


class Alerts(Collaboration):
    """Change incidents through their alerts. The service is the one who acts."""

    def open_alert(self, service: Service, event: Event) -> Incident:
        """Open an alert and its incident."""
        key, summary = event["dedup_key"], event["payload"]["summary"]
        policy = service.escalation_policy
        incident = self.new_incident(summary, service, policy, policy.on_call(), by=service)
        incident.incident_key = key
        alert = Alert(
            id=self.new_id("Q", 14),
            key=key,
            service=service,
            summary=summary,
            severity=event["payload"]["severity"],
            at=incident.created_at,
            incident_id=incident.id,
        )
        _describe(alert, event)
        incident.alerts.append(alert)
        self.open_alerts[service.integration_key, key] = alert
        self.announce(incident, service, "Triggered through the API", {"description": summary})
        return incident

    def repeat_alert(self, alert: Alert, event: Event) -> None:
        """Log another trigger; the shown summary is the newest (PagerDuty/pdpyras#45)."""
        incident = self.incidents[alert.incident_id]
        _describe(alert, event)
        incident.title = alert.summary
        details = {"description": alert.summary}
        self.log(incident, "trigger", alert.service, "Triggered again", details=details)
        self._touch(incident)
        self._tell("retriggered", incident, alert.service)

    def acknowledge_alert(self, alert: Alert) -> None:
        """Acknowledge a triggered incident; one that somebody has is left to them."""
        incident = self.incidents[alert.incident_id]
        if incident.status == "triggered":
            self.acknowledge(incident, by=alert.service)

    def resolve_alert(self, alert: Alert) -> None:
        """Resolve an alert, and the incident with its last one."""
        alert.status = "resolved"
        del self.open_alerts[alert.service.integration_key, alert.key]
        incident = self.incidents[alert.incident_id]
        if all(one.status == "resolved" for one in incident.alerts):
            self.resolve(incident, by=alert.service)
