"""A monitor: a product that posts JSON with a key of one program."""

import json
from datetime import UTC, datetime

from django.test import Client
from standardwebhooks import Webhook

from programs import keys
from severity.ladder import Sev
from tests import make


class Monitor:
    """A product that posts JSON; its key is of one program and counts up to a level."""

    def __init__(self, program, worst=Sev.SEV2, label="scanner"):
        self.program = program
        actor = make.actor(program.owner)
        self.key, self.text = keys.issue_for_monitor(program, label=label, worst=worst, actor=actor)
        self.client = Client(raise_request_exception=False)

    def send(self, body=None, *, path=None, bearer=None, **headers):
        body = {"title": "Export open", "severity": 2} if body is None else body
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        bearer = self.text if bearer is None else bearer
        headers = {"Authorization": f"Bearer {bearer}"} | headers if bearer else headers
        path = f"/api/v1/cord/{path or self.key.key_id}"
        return self.client.post(path, text, content_type="application/json", headers=headers)

    def sign(self, body, *, ident="msg-1", at=None, secret=None):
        """Send a body as a Standard Webhook, without a word of a token."""
        text, at = json.dumps(body), at or datetime.now(UTC)
        secret = secret or keys.webhook_secret(self.key.key_id)
        headers = {
            "webhook-id": ident,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret).sign(ident, at, text),
        }
        return self.send(text.encode(), bearer="", **headers)
