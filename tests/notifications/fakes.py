"""Slack, Teams and PagerDuty on this machine: they refuse what the real ones refuse.

What they hold is what people would see there: messages with their buttons, cards, alerts.
"""

import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode

SEVERITIES = {"critical", "error", "warning", "info"}


class Fakes:
    """One server for all three. `lies` makes each answer 200 and say no in its body."""

    token, team, bot = "xoxb-123-abcdefghij", "T012AB3CD", "andon"

    def __init__(self):
        self.hooked, self.cards = [], []
        # By channel and time, as Slack names a message; by `dedup_key`, as PagerDuty an alert.
        self.messages, self.alerts = {}, {}
        self.refused, self.lies = [], False
        self._ways = {
            "/services/T0/B0/abc": self._slack_hook,
            "/api/auth.test": self._auth_test,
            "/api/chat.postMessage": self._post_message,
            "/api/chat.update": self._update,
            "/workflows/1": self._teams,
            "/v2/enqueue": self._pagerduty,
        }
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        serve = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        serve.start()

    @property
    def netloc(self):
        return f"127.0.0.1:{self.server.server_port}"

    def at(self, path):
        return f"http://{self.netloc}{path}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, path, headers, body):
        """Return status and text, as the service behind a path says it."""
        status, said = self._ways[path](headers, json.loads(body))
        text = said if isinstance(said, str) else json.dumps(said)
        if status >= 400 or (isinstance(said, dict) and said.get("ok") is False):
            self.refused.append((path, text))
        return status, text

    # --- Slack

    def _slack_hook(self, _headers, body):
        if self.lies:
            return 200, "invalid_payload"
        if not body.get("text"):
            return 400, "no_text"
        if wrong := _wrong_blocks(body):
            return 400, wrong
        self.hooked.append(body)
        return 200, "ok"

    def _opens(self, headers):
        return headers.get("Authorization") == f"Bearer {self.token}"

    def _auth_test(self, headers, _body):
        if not self._opens(headers):
            return 200, {"ok": False, "error": "invalid_auth"}
        return 200, {"ok": True, "team_id": self.team, "user": self.bot}

    def _post_message(self, headers, body):
        wrong = self._wrong_call(headers, body)
        if body.get("thread_ts") and (body["channel"], body["thread_ts"]) not in self.messages:
            wrong = wrong or "thread_not_found"
        if wrong:
            return 200, {"ok": False, "error": wrong}
        channel = f"D{body['channel'][1:]}" if body["channel"][0] == "U" else body["channel"]
        at = f"17000.{len(self.messages):06}"
        self.messages[channel, at] = body
        return 200, {"ok": True, "channel": channel, "ts": at}

    def _update(self, headers, body):
        place = body.get("channel"), body.get("ts")
        wrong = self._wrong_call(headers, body)
        if wrong or place not in self.messages:
            return 200, {"ok": False, "error": wrong or "message_not_found"}
        self.messages[place] |= body
        return 200, {"ok": True, "channel": place[0], "ts": place[1]}

    def _wrong_call(self, headers, body):
        if self.lies:
            return "internal_error"
        if not self._opens(headers):
            return "invalid_auth"
        return _wrong_blocks(body)

    def press(self, message, *, user, secret, ago=0):
        """What Slack sends when somebody presses the first button: headers and a body."""
        (button, *_rest) = message["blocks"][-1]["elements"]
        action = {"action_id": button["action_id"], "value": button["value"], "action_ts": "17.5"}
        said = {"type": "block_actions", "user": {"id": user}, "team": {"id": self.team}}
        body = urlencode({"payload": json.dumps(said | {"actions": [action]})}).encode()
        at = str(int(time.time() - ago))
        signed = hmac.new(secret.encode(), b"v0:" + at.encode() + b":" + body, hashlib.sha256)
        return body, {
            "X-Slack-Signature": f"v0={signed.hexdigest()}",
            "X-Slack-Request-Timestamp": at,
        }

    # --- Teams

    def _teams(self, _headers, body):
        if self.lies:
            return 200, {"error": {"code": "WorkflowRunActionFailed", "message": "no channel"}}
        kind = "application/vnd.microsoft.card.adaptive"
        (attached,) = body.get("attachments") or [{}]
        card = attached.get("content") or {}
        fits = (body.get("type"), attached.get("contentType")) == ("message", kind)
        urls = [each["url"] for each in card.get("actions", []) if each["type"] == "Action.OpenUrl"]
        if not fits or card.get("type") != "AdaptiveCard" or not all(_is_url(url) for url in urls):
            return 400, {"error": {"code": "TriggerInputSchemaMismatch"}}
        self.cards.append(card)
        return 202, ""

    # --- PagerDuty

    def _pagerduty(self, _headers, body):
        wrong = _wrong_event(body)
        if self.lies or wrong:
            said = {"status": "invalid event", "message": "Event object is invalid"}
            return (200 if self.lies else 400), said | {"errors": wrong}
        key, action = body["dedup_key"], body["event_action"]
        state = self.alerts.get(key, {}).get("state")
        if action == "trigger" and state in (None, "resolved"):
            self.alerts[key] = {"state": "triggered"} | body
        elif action != "trigger" and state in ("triggered", "acknowledged"):
            self.alerts[key]["state"] = f"{action}d"
        return 202, {"status": "success", "message": "Event processed", "dedup_key": key}

    def webhook(self, key, what, *, agent, secret, ident="01ABC"):
        """What PagerDuty sends when somebody acts on an alert there: headers and a body."""
        data = {"id": "PGR0VU2", "type": "incident", "incident_key": key}
        event = {"id": ident, "event_type": f"incident.{what}", "data": data}
        event["agent"] = {"id": agent, "type": "user_reference"}
        body = json.dumps({"event": event}).encode()
        signed = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return body, {"X-PagerDuty-Signature": f"v1={signed}"}


def _wrong_blocks(body):
    """What Slack's Block Kit refuses, in Slack's word, or nothing."""
    for block in body.get("blocks", []):
        text = block.get("text", {}).get("text", "x")
        most = {"header": 150, "section": 3000}.get(block["type"], 75)
        elements = block.get("elements", [])
        good = 0 < len(text) <= most and len(elements) <= 25
        for each in elements:
            good = good and 0 < len(each["text"]["text"]) <= 75 and len(each["action_id"]) <= 255
            good = (
                good and _is_url(each.get("url", "https://x")) and len(each.get("value", "")) < 2000
            )
        if not good:
            return "invalid_blocks"
    return ""


def _is_url(url):
    return url.startswith(("https://", "http://")) and len(url) <= 3000


def _wrong_event(body):
    wrong = [] if len(body.get("routing_key", "")) == 32 else ["'routing_key' is invalid"]
    if body.get("event_action") not in ("trigger", "acknowledge", "resolve"):
        wrong.append("'event_action' is invalid")
    if not 0 < len(body.get("dedup_key", "")) <= 255:
        wrong.append("'dedup_key' is invalid")
    if body.get("event_action") == "trigger":
        said = body.get("payload", {})
        if not 0 < len(said.get("summary", "")) <= 1024 or not said.get("source"):
            wrong.append("'payload.summary' is missing or blank")
        if said.get("severity") not in SEVERITIES:
            wrong.append("'payload.severity' is invalid")
        if not all(_is_url(link["href"]) for link in body.get("links", [])):
            wrong.append("'links' is invalid")
    return wrong


def _handler(fakes):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            try:
                status, text = fakes.answer(self.path, self.headers, body)
            except (KeyError, TypeError, ValueError) as error:
                fakes.refused.append((self.path, repr(error)))
                status, text = 400, "invalid_payload"
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_args):
            pass

    return Handler
