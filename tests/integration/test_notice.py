"""The role notice and `deliver`, through the modules that it stands on, to servers on loopback: what they get is read back.

Slack and PagerDuty have fixed addresses. A proxy with an authority of its own stands for them.
"""

from __future__ import annotations

import email
import email.policy
import json
import os
import re
import ssl
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from health_servers import dripping, talking
from notice_servers import Mail, Web, authority, mail, silent, web
from ports import free_port

ROOT = Path(__file__).parents[2]
SLACK, PAGERDUTY, PASSWORD, HEADER = (
    "T0AAA/B0BBB/slacksecretslack",
    "pagerdutysecretpagerduty0000",
    "right-password",
    "webhooksecretwebhook",
)
SECRETS = (SLACK, PAGERDUTY, PASSWORD, HEADER, "slacksecretslack", "secretpath")
NASTY = 'v1 <!channel> & "it\'s" {{ 7 * 7 }} $key é'
PLAYBOOK = """
- hosts: operations
  gather_facts: false
  tasks:
    - ansible.builtin.command: "cat {{ words }}"
      register: outside
      changed_when: false
      check_mode: false
    - ansible.builtin.include_role: { name: mainstay.ops.notice }
      vars:
        notice_event: "{{ event }}"
        notice_subject: "{{ (outside.stdout | from_json).subject }}"
        notice_body: "{{ (outside.stdout | from_json).body }}"
        notice_details: { release: "{{ (outside.stdout | from_json).subject }}" }
    - ansible.builtin.debug: { msg: the run goes on }
"""


@dataclass
class World:
    """Servers of every kind, and a machine that sends notices to them."""

    root: Path
    ca: Path
    tls: ssl.SSLContext
    internet: Web
    webhook: Web
    mail: Mail

    @property
    def channels(self) -> list[dict[str, Any]]:
        return [
            {"channel": "slack", "token": SLACK, "events": ["failed", "passed"]},
            {"channel": "pagerduty", "integration_key": PAGERDUTY},
            {"channel": "mail", "host": "127.0.0.1", "port": self.mail.port, "to": ["oncall@example.com", "b@example.com"]},
            {
                "channel": "webhook",
                "url": f"https://localhost:{self.webhook.port}/secretpath",
                "headers": {"Authorization": f"Bearer {HEADER}"},
                "ca_path": str(self.ca),
            },
        ]

    def run(self, playbook: str | Path, channels: Any, *arguments: str, **extra: str) -> Ran:
        host = {"ansible_connection": "local", "ansible_become": False}
        variables = {
            "mainstay_environment": "production",
            "mainstay_application": "shop",
            "mainstay_notices": channels,
            "ansible_user": "operator",
            "ansible_become": True,  # as in any real inventory: nothing of it may concern the controller
            "ansible_become_user": "nobody",
            "ansible_become_exe": "/nowhere/sudo",
            "ansible_python_interpreter": "/nowhere/python3",
        }
        here = {"ops1": {**host, "ansible_python_interpreter": "/usr/bin/python3"}}
        inventory = {"all": {"vars": variables, "children": {"operations": {"hosts": here}}}}
        (self.root / "hosts.yml").write_text(yaml.safe_dump(inventory, allow_unicode=True))
        environment = {
            **os.environ,
            "https_proxy": f"http://127.0.0.1:{self.internet.port}",
            "no_proxy": "localhost,127.0.0.1",
            "SSL_CERT_FILE": str(self.ca),
            "ANSIBLE_REMOTE_TMP": str(self.root / "remote"),
        }
        named = [item for pair in extra.items() for item in ("-e", f"{pair[0]}={pair[1]}")]
        command = ["ansible-playbook", "-i", str(self.root / "hosts.yml"), str(playbook), *arguments, *named]
        began = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, cwd=self.root)
        output = done.stdout + done.stderr
        assert [secret for secret in SECRETS if secret in output] == [], output
        return Ran(done.returncode, " ".join(output.split()), time.monotonic() - began)

    def tell(self, event: str, channels: Any, *arguments: str, subject: str = "s", body: str = "b") -> Ran:
        (self.root / "words.json").write_text(json.dumps({"subject": subject, "body": body}))
        (self.root / "play.yml").write_text(PLAYBOOK)
        return self.run(self.root / "play.yml", channels, *arguments, event=event, words=str(self.root / "words.json"))


@dataclass(frozen=True)
class Ran:
    rc: int
    output: str
    took: float

    @property
    def warnings(self) -> list[str]:
        return re.findall(r"the notice to (\S+ \(entry \d+ of mainstay_notices\) was not sent: [^.]*)\.", self.output)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    tls, ca = authority(tmp_path)
    with ExitStack() as servers:
        internet = servers.enter_context(web(tls, is_proxy=True))
        internet.answers["events.pagerduty.com"] = (202, b'{"status": "success"}')
        yield World(tmp_path, ca, tls, internet, servers.enter_context(web(tls)), servers.enter_context(mail()))


def messages(server: Mail) -> list[Any]:
    return [email.message_from_bytes(one, policy=email.policy.default) for one in server.taken]


def test_every_channel_gets_the_words_escaped_as_it_needs_and_nothing_in_them_is_rendered(world: World) -> None:
    ran = world.tell("failed", world.channels, "-vvv", subject=f"{NASTY}\r\nBcc: all@example.com", body=f"{NASTY}\nsecond line")
    assert (ran.rc, ran.warnings) == (0, []), ran.output
    assert "the run goes on" in ran.output
    [slack] = world.internet.of("hooks.slack.com")
    quoted = 'v1 &lt;!channel&gt; &amp; "it\'s" {{ 7 * 7 }} $key é'
    assert slack["text"] == f"*{quoted}  Bcc: all@example.com*\n{quoted}\nsecond line"
    assert (slack["parse"], slack["link_names"]) == ("none", 0)
    [pagerduty] = world.internet.of("events.pagerduty.com")
    assert (pagerduty["routing_key"], pagerduty["dedup_key"], pagerduty["event_action"]) == (
        PAGERDUTY,
        "production/shop",
        "trigger",
    )
    assert pagerduty["payload"]["summary"] == f"{NASTY}  Bcc: all@example.com"
    assert pagerduty["payload"]["custom_details"]["body"] == f"{NASTY}\nsecond line"
    assert (pagerduty["payload"]["severity"], pagerduty["payload"]["source"]) == ("critical", "production")
    [message] = messages(world.mail)
    assert (message["Subject"], message["Bcc"]) == (f"{NASTY}  Bcc: all@example.com", None)
    assert message["To"] == "oncall@example.com, b@example.com"
    assert message.get_body().get_content().splitlines()[:2] == [NASTY, "second line"]
    [asked] = world.webhook.asked
    assert asked["headers"]["Authorization"] == f"Bearer {HEADER}"
    assert asked["path"] == "/secretpath"
    assert asked["body"]["body"] == f"{NASTY}\nsecond line"
    assert asked["body"]["details"]["release"] == f"{NASTY}\r\nBcc: all@example.com"
    assert (asked["body"]["event"], asked["body"]["key"]) == ("failed", "production/shop")


def test_a_run_that_passes_resolves_the_incident_and_tells_nobody_who_did_not_want_to_know(world: World) -> None:
    assert world.tell("passed", world.channels).warnings == []
    [resolved] = world.internet.of("events.pagerduty.com")
    assert (resolved["event_action"], resolved["dedup_key"]) == ("resolve", "production/shop")
    assert len(world.internet.of("hooks.slack.com")) == 1
    assert (world.mail.taken, world.webhook.asked) == ([], [])


def test_the_inventory_has_words_of_its_own_in_a_text_a_file_or_a_document(world: World) -> None:
    (world.root / "words.txt").write_text("[$environment] $subject\n$event of $application: $body, $$5")
    slack, _pagerduty, mailed, hook = world.channels
    slack["template"] = "<!here> $subject"
    mailed["template"] = str(world.root / "words.txt")
    hook["template"] = {"text": "*$subject*", "parts": ["$body", 1, True, None]}
    assert world.tell("failed", [slack, mailed, hook], subject="<x>", body='"b"').warnings == []
    assert [one["text"].strip() for one in world.internet.of("hooks.slack.com")] == ["*<!here> &lt;x&gt;*"]
    [message] = messages(world.mail)
    assert (message["Subject"], message.get_body().get_content().strip()) == ("[production] <x>", 'failed of shop: "b", $5')
    assert world.webhook.asked[0]["body"] == {"text": "*<x>*", "parts": ['"b"', 1, True, None]}


def test_servers_that_say_no_are_warnings_that_name_the_channel_and_no_secret(world: World) -> None:
    world.internet.answers |= {"hooks.slack.com": (500, SLACK.encode()), "events.pagerduty.com": (400, PAGERDUTY.encode())}
    world.webhook.answers["localhost"] = (500, HEADER.encode())
    world.mail.answer = f"554 {PASSWORD}"
    ran = world.tell("failed", world.channels, "-vvv", subject="HTTP Error 404 timed out")
    assert (ran.rc, "the run goes on" in ran.output) == (0, True)
    assert ran.warnings == [
        "slack (entry 1 of mainstay_notices) was not sent: the server answered 500",
        "pagerduty (entry 2 of mainstay_notices) was not sent: the server answered 400",
        "mail (entry 3 of mainstay_notices) was not sent: the server did not take the mail",
        "webhook (entry 4 of mainstay_notices) was not sent: the server answered 500",
    ]
    assert "failed=0" in ran.output


def test_servers_that_are_not_there_or_not_who_they_should_be_are_warnings(world: World) -> None:
    slack, _pagerduty, mailed, hook = world.channels
    world.internet.port = free_port()
    mailed["port"] = free_port()
    stranger = {**hook, "url": hook["url"].replace("localhost", "127.0.0.1")}
    nobody = {**hook, "url": "https://nobody.invalid/secretpath"}
    gone = {**hook, "url": f"https://localhost:{free_port()}/secretpath"}
    ran = world.tell("failed", [slack, mailed, gone, stranger, nobody], "-vvv")
    assert (ran.rc, "the run goes on" in ran.output) == (0, True), ran.output
    print(ran.output)
    reasons = [warning.partition("not sent: ")[2] for warning in ran.warnings]
    assert reasons[:3] == ["the server refused the connection"] * 3
    assert reasons[3] == "the certificate of the server is not trusted"
    assert len(reasons) == 5


@pytest.mark.parametrize("channel", [0, 2, 3], ids=["slack", "mail", "webhook"])
def test_a_server_that_never_answers_costs_twelve_seconds_at_most(world: World, channel: int) -> None:
    with silent() as port:
        world.internet.port = port
        chosen = {**world.channels[channel]}
        if chosen["channel"] == "mail":
            chosen |= {"port": port, "tls": True}
        if chosen["channel"] == "webhook":
            chosen["url"] = f"https://localhost:{port}/secretpath"
        ran = world.tell("failed", [chosen], "-vvv")
    assert (ran.rc, "the run goes on" in ran.output) == (0, True)
    assert len(ran.warnings) == 1, ran.output
    assert re.search("in time|in 12 s", ran.warnings[0]), ran.warnings
    assert ran.took < 60, "12 s, and what Ansible takes on a busy machine"


def test_a_server_that_drips_is_left_and_so_is_the_module_that_listens_to_it(world: World) -> None:
    with talking(dripping) as port:
        hook = {"channel": "webhook", "url": f"http://127.0.0.1:{port}/secretpath"}
        ran = world.tell("failed", [hook])
        left = [line for line in running().splitlines() if "AnsiballZ_uri" in line and str(world.root) in line]
    assert (ran.rc, ran.took < 60) == (0, True)
    assert left == []


def running() -> str:
    return subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout


def test_mail_logs_in_over_tls_and_a_server_without_it_gets_no_password(world: World) -> None:
    login = {"channel": "mail", "host": "localhost", "to": "a@example.com", "username": "u", "password": PASSWORD, "tls": True}
    with mail(world.tls) as secure:
        assert world.tell("failed", [{**login, "port": secure.port}], "-vvv").warnings == []
        assert [one.password for one in secure.logins] == [PASSWORD.encode()]
        assert len(secure.taken) == 1
    ran = world.tell("failed", [{**login, "port": world.mail.port}], "-vvv")
    assert ran.warnings == ["mail (entry 1 of mainstay_notices) was not sent: the server does not speak TLS"]
    assert (world.mail.logins, world.mail.taken) == ([], [])


def test_check_mode_sends_nothing(world: World) -> None:
    ran = world.tell("failed", world.channels, "--check", "-vvv")
    assert (ran.rc, ran.warnings) == (0, []), ran.output
    assert (world.internet.asked, world.webhook.asked, world.mail.taken) == ([], [], [])


WRONG: Sequence[tuple[Any, str]] = (
    ([{"channel": "pigeon", "token": SLACK}], "choose mail, pagerduty, slack or webhook"),
    ([{"channel": "webhook", "headers": {"Authorization": HEADER}}], "webhook needs url"),
    ([{"channel": "slack", "token": SLACK, "events": ["exploded"]}], "must be a list of begun, asks, passed, failed and nothing"),
    ([{"channel": "slack", "token": f"bad {SLACK}"}], "token of slack must be"),
    ({"slack": SLACK}, "must be a list"),
)


@pytest.mark.parametrize(("channels", "sentence"), WRONG, ids=[sentence for _, sentence in WRONG])
def test_the_test_of_the_channels_refuses_what_is_wrong(world: World, channels: Any, sentence: str) -> None:
    ran = world.run(ROOT / "playbooks/test_notices.yml", channels, "-vvv", event="failed")
    assert ran.rc != 0
    assert sentence in ran.output, ran.output


def test_the_channels_can_be_tried_out_and_no_incident_of_a_run_is_touched(world: World) -> None:
    ran = world.run(ROOT / "playbooks/test_notices.yml", world.channels, event="failed")
    assert (ran.rc, ran.warnings) == (0, []), ran.output
    [pagerduty] = world.internet.of("events.pagerduty.com")
    assert pagerduty["dedup_key"] == "production/shop/test"
    assert "this is a test" in world.internet.of("hooks.slack.com")[0]["text"]
    assert (len(world.mail.taken), len(world.webhook.asked)) == (1, 1)
