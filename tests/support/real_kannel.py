"""Kannel as it runs beside us, and the telephone network that is a test program of its own."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from bot.channels.kannel import Kannel
from ops.load.running import free_port

FAKE_NETWORK = Path("/usr/lib/kannel/test/fakesmsc")
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


class RunningKannel:
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
        self.boxes.append(
            self.start(str(FAKE_NETWORK), "-H", "127.0.0.1", "-r", port, "-i", "0.1", "-m", "1", *messages)
        )

    def sender(self, password: str = "kannelpass") -> Kannel:
        url = f"http://127.0.0.1:{self.ports['send']}/cgi-bin/sendsms"
        return Kannel(url, "ijwi", password, "IJWI", f"{self.url}/report")

    def stop(self) -> None:
        for box in reversed(self.boxes):
            box.kill()
            box.wait()
        self.server.shutdown()
        self.server.server_close()
