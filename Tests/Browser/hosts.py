"""Pages of somebody else for the embedding story, and the two tools it takes: sites on the command line, leads by the API."""

import json
import subprocess
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

ARTICLE = "<h1>居住证积分怎么算</h1>" + "<p>办理积分之前，先弄清楚自己离标准分值还差多少。</p>" * 3
WATCH = """<script>
errors = []; onerror = (...a) => { errors.push(String(a[0])); };
addEventListener('unhandledrejection', e => errors.push(String(e.reason)));
</script>"""


class Host:
    """A web server of somebody else's, on a port of its own."""

    def __init__(self):
        self.pages = {}
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                page = host.pages.get(urlsplit(self.path).path)
                self.send_response(200 if page else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                if page and page[1]:
                    self.send_header("Content-Security-Policy", page[1])
                self.end_headers()
                self.wfile.write((page[0] if page else "").encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.origin = f"http://localhost:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def add(self, path, body, policy=None):
        head = '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>文章</title>'
        self.pages[path] = (head + body, policy)


def tag(base, key, **more):
    data = {"form": key, **more}
    return f'<script src="{base}/embed.js" ' + " ".join(f'data-{k}="{v}"' for k, v in data.items()) + " async></script>"


def site(huifang, *arguments):
    done = subprocess.run([huifang, "site", *arguments], check=True, capture_output=True, text=True, timeout=60)
    return done.stdout.strip()


class Staff:
    """The administrator, by the API."""

    def __init__(self, base, password):
        self.base = base
        body = json.dumps({"username": "admin", "password": password}).encode()
        request = urllib.request.Request(base + "/api/v1/session", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            self.token = json.load(answer)["token"]

    def leads(self, source):
        columns = "phone,site,source,attribution"
        path = f"/api/v1/leads/export?format=ndjson&columns={columns}&source={source}"
        request = urllib.request.Request(self.base + path, headers={"Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return [json.loads(line) for line in answer.read().decode().splitlines()]


def publish(host, stranger, base, key):
    """The host's pages, and the same article of somebody who may not."""
    inline, popup = tag(base, key), tag(base, key, mode="popup", label="请顾问打给我")
    host.add("/elsewhere", f"<p><a>一篇文章</a></p><script>const q = new URLSearchParams(location.search); document.querySelector('a').href = '{host.origin}' + q.get('to') + '?utm_source=baidu&utm_medium=cpc&utm_team=%E7%BA%A2&bd_vid=v1&msclkid=m1&utm_campaign=' + q.get('campaign')</script>")
    host.add("/article", f"{WATCH}<body>{ARTICLE}{inline}<p>读到这里，可以请顾问核对。</p>")
    host.add("/twice", f"{WATCH}<body>{ARTICLE}{inline}<p>或者：</p>{popup}")
    host.add("/strict", f"<body>{ARTICLE}{inline}", f"default-src 'none'; script-src {base}; frame-src {base}; require-trusted-types-for 'script'")
    host.add("/unknown", f"<body>{tag(base, 'A' * 22)}")
    host.add("/plain", f'<body>{ARTICLE}<iframe title="咨询" width="100%" height="900" src="{base}/embed/inquiry?form={key}"></iframe>')
    stranger.add("/article", f"{WATCH}<body>{ARTICLE}{inline}")
