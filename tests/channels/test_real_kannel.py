"""A real Kannel between us and a telephone network that is a test program of Kannel's own (package kannel-extras)."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.channels.kannel import Kannel, parse_delivery_report, parse_sms
from bot.channels.messages import MessageStatus, Reason, SendError
from ops.load.running import free_port
from tests.support.sdk import HER

FAKE = Path("/usr/lib/kannel/test/fakesmsc")
pytestmark = pytest.mark.skipif(
    not (shutil.which("bearerbox", path="/usr/sbin:/usr/bin") and FAKE.exists()),
    reason="no Kannel here: apt-get install kannel kannel-extras",
)
CONF = """
group = core
admin-port = {admin}
admin-password = nobody
smsbox-port = {box}
box-allow-ip = "127.0.0.1"
dlr-storage = internal

group = smsc
smsc = fake
smsc-id = FAKE
port = {network}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = {box}
sendsms-port = {send}
mo-recode = true
http-request-retry = 5
http-queue-delay = 1

group = sendsms-user
username = ijwi
password = kannelpass
max-messages = 5
concatenation = true

group = sms-service
keyword = default
post-url = "http://127.0.0.1:{ours}/sms"
send-sender = true
catch-all = true
max-messages = 0
omit-empty = true
assume-plain-text = true
"""


class Line:
    """Kannel, running: where to send, and what came back."""

    def __init__(self, folder: Path) -> None:
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.reports: list[dict[str, str]] = []
        self.away = 2  # requests that find our database away
        self.ports = {name: free_port() for name in ("admin", "box", "network", "send")}
        line = self

        class Ours(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                line.came.append((dict(self.headers), body))
                self.answer(200 if len(line.came) > line.away else 503)

            def do_GET(self) -> None:
                line.reports.append({name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()})
                self.answer()

            def answer(self, status: int = 200) -> None:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Ours)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        conf = folder / "kannel.conf"
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        conf.write_text(CONF.format(ours=self.server.server_address[1], **self.ports))
        self.boxes = [self.start("/usr/sbin/bearerbox", str(conf), port="box")]
        self.boxes.append(self.start("/usr/sbin/smsbox", str(conf), port="send"))

    def start(self, *command: str, port: str = "") -> subprocess.Popen[bytes]:
        box = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 15
        while port and time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.ports[port])) == 0:
                    break
            time.sleep(0.05)
        return box

    def network(self, *messages: str) -> None:
        """A phone on the other side says something, or only listens."""
        port = str(self.ports["network"])
        self.boxes.append(self.start(str(FAKE), "-H", "127.0.0.1", "-r", port, "-i", "0.1", "-m", "1", *messages))

    def sender(self, password: str = "kannelpass") -> Kannel:
        url = f"http://127.0.0.1:{self.ports['send']}/cgi-bin/sendsms"
        return Kannel(url, "ijwi", password, "IJWI", f"{self.url}/report")

    def stop(self) -> None:
        for box in reversed(self.boxes):
            box.kill()
            box.wait()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    line = Line(tmp_path_factory.mktemp("kannel"))
    line.network("25779123456 55 text Amahoro")
    yield line
    line.stop()


def wait_for(found: Callable[[], object]) -> None:
    until = time.monotonic() + 10
    while not found() and time.monotonic() < until:
        time.sleep(0.05)


def test_what_a_woman_sends_to_the_operator_is_read(line: Line) -> None:
    wait_for(lambda: line.came)
    inbound = parse_sms(*line.came[0], region="BI")
    assert inbound
    assert (inbound.phone, inbound.text) == (HER, "Amahoro")


def test_what_we_could_not_keep_is_brought_again_under_the_same_id(line: Line) -> None:
    wait_for(lambda: len(line.came) > line.away)
    brought = [parse_sms(*came, region="BI") for came in line.came]
    assert len({inbound.id for inbound in brought if inbound}) == 1
    assert len(brought) == line.away + 1


@pytest.mark.parametrize("text", ["Inama: é à @ £ {x}", "बैठक की ख़बर", "x" * 200])
def test_a_message_goes_out_and_its_reports_come_back_under_our_own_id(line: Line, text: str) -> None:
    sent = line.sender().send(HER, text)
    wait_for(lambda: any(report["id"] == sent.id and report["status"] == "1" for report in line.reports))
    told = [parse_delivery_report(report) for report in line.reports if report["id"] == sent.id]
    assert MessageStatus.DELIVERED in {receipt.status for receipt in told if receipt}


def test_a_wrong_password_is_ours_to_mend(line: Line) -> None:
    with pytest.raises(SendError) as caught:
        line.sender("wrong").send(HER, "Inama")
    assert caught.value.reason == Reason.AUTH
