"""The endpoint backend against real HTTP servers on this machine."""

from __future__ import annotations

import asyncio
import email.utils
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from prover.models import Answered, BadRequest, Failed, Message, ModelMissing, Request, open_model


class Server:
    """Answers with what `behaviour(path, body, number)` returns: (status, headers, bytes or JSON)."""

    def __init__(self, behaviour):
        self.asked: list[tuple[str, dict, dict]] = []
        self.at_once = self.most_at_once = 0
        lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                with lock:
                    number = len(outer.asked)
                    outer.asked.append((self.path, body, dict(self.headers)))
                    outer.at_once += 1
                    outer.most_at_once = max(outer.most_at_once, outer.at_once)
                try:
                    answer = behaviour(self.path, body, number)
                finally:
                    with lock:
                        outer.at_once -= 1
                if answer is None:
                    self.close_connection = True
                    return
                status, headers, content = answer
                content = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def close(self):
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def serve(monkeypatch):
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "ENTAILS_BASE_URL", "ENTAILS_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    started: list[Server] = []

    def start(behaviour) -> Server:
        started.append(Server(behaviour))
        return started[-1]

    yield start
    for server in started:
        server.close()


def good(path, body, _number):
    """An honest server: echoes the prompt, one completion per `n`, with log-probabilities and usage."""
    chat = path.endswith("chat/completions")
    prompt = body["messages"][-1]["content"] if chat else body["prompt"]
    choices = []
    for index in range(body.get("n", 1)):
        text = f"{prompt}/{index}"
        if chat:
            each = {"content": [{"logprob": -0.5}, {"logprob": -0.25}]}
            choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        else:
            each = {"token_logprobs": [-0.5, -0.25]}
            choice = {"text": text, "finish_reason": "length"}
        choices.append(choice | ({"logprobs": each} if body.get("logprobs") else {}))
    return (
        200,
        {},
        {"choices": choices, "usage": {"prompt_tokens": 10, "completion_tokens": 2 * len(choices)}},
    )


def ask(server, *requests, **options):
    options.setdefault("attempts", 3)
    return open_model("openai:m", base_url=server.url, **options).generate(requests)


def test_text_goes_to_completions_and_messages_to_chat(serve):
    server = serve(good)
    messages = (Message("system", "be brief"), Message("user", "hi"))
    text, chat = ask(server, Request("state:::", n=2, temperature=1.0, seed=3), Request(messages))
    assert [c.text for c in text.completions] == ["state:::/0", "state:::/1"]
    assert text.completions[0].token_logprobs == (-0.5, -0.25)
    assert text.completions[0].logprob == -0.75
    assert text.completions[0].finish == "length"
    assert chat.completions[0].text == "hi/0"
    assert chat.completions[0].logprob == -0.75
    bodies = {path.rpartition("v1/")[2]: body for path, body, _ in server.asked}
    assert bodies["chat/completions"]["messages"][0] == {"role": "system", "content": "be brief"}
    assert bodies["completions"]["seed"] == 3
    assert bodies["completions"]["n"] == 2


def test_usage_and_cost_are_counted(serve):
    server = serve(good)
    model = open_model("openai:m", base_url=server.url, prices=(1.0, 10.0))
    replies = model.generate([Request("a"), Request("b", n=3, temperature=1.0)])
    assert replies[1].usage.completion_tokens == 6
    assert (model.usage.prompt_tokens, model.usage.completion_tokens, model.usage.requests) == (20, 8, 2)
    assert model.usage.cost == pytest.approx((20 * 1.0 + 8 * 10.0) / 1e6)


def test_address_and_key_come_from_the_environment(serve, monkeypatch):
    server = serve(good)
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "general")
    monkeypatch.setenv("ENTAILS_API_KEY", "ours")
    model = open_model("openai:m")
    assert isinstance(model.generate([Request("a")])[0], Answered)
    assert server.asked[0][2]["Authorization"] == "Bearer ours"
    assert "ours" not in model.name


def test_the_address_can_be_part_of_the_specification(serve):
    server = serve(good)
    model = open_model(f"openai:some/model@{server.url}")
    assert isinstance(model.generate([Request("a")])[0], Answered)
    assert server.asked[0][1]["model"] == "some/model"


def test_a_missing_key_is_said_before_anything_is_sent(serve):
    with pytest.raises(ModelMissing, match="export OPENAI_API_KEY"):
        open_model("openai:gpt-4o-mini")


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://x/v1", "http://"])
def test_an_address_that_is_none_is_refused(serve, url):
    with pytest.raises(BadRequest, match="is no address"):
        open_model("openai:m", base_url=url)


def test_the_wait_is_the_one_the_server_asks_for(serve, monkeypatch):
    def busy_twice(path, body, number):
        if number < 2:
            later = email.utils.formatdate(time.time() + 100, usegmt=True)
            return 429, {"Retry-After": "7" if number == 0 else later}, {"error": {"message": "slow down"}}
        return good(path, body, number)

    waited = []
    sleep = asyncio.sleep

    async def noted(seconds, *_):
        waited.append(seconds)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", noted)
    server = serve(busy_twice)
    [reply] = ask(server, Request("a"))
    assert isinstance(reply, Answered)
    assert len(server.asked) == 3
    assert waited[0] == 7
    assert waited[1] == pytest.approx(100, abs=30)


def test_a_server_that_wants_a_long_wait_is_not_waited_for(serve):
    server = serve(lambda *_: (429, {"Retry-After": "3600"}, {}))
    [reply] = ask(server, Request("a"), longest_wait=5)
    assert isinstance(reply, Failed)
    assert reply.transient
    assert "too many requests (429)" in reply.reason
    assert len(server.asked) == 1


TROUBLES = {
    "server error": (lambda *_: (500, {}, {"error": {"message": "boom"}}), "has a problem (500: boom)", 2),
    "busy": (lambda *_: (429, {"Retry-After": "0"}, {}), "too many requests (429)", 2),
    "quota": (lambda *_: (429, {}, {"error": {"message": "m", "code": "insufficient_quota"}}), "used up", 1),
    "html": (lambda *_: (200, {}, b"<html>login</html>"), "not JSON ('<html>login</html>')", 2),
    "stream": (lambda *_: (200, {}, b'data: {"choices": []}\n\ndata: [DONE]\n'), "not JSON", 2),
    "binary": (lambda *_: (200, {}, bytes(range(128, 256))), "not JSON", 2),
    "deep": (lambda *_: (200, {}, b"[" * 200_000), "not JSON", 2),
    "empty body": (lambda *_: (200, {}, b""), "answered nothing", 2),
    "hung up": (lambda *_: None, "broke off", 2),
    "other json": (lambda *_: (200, {}, {"ok": True}), "without `choices`", 1),
    "list": (lambda *_: (200, {}, [1, 2]), "without `choices`", 1),
    "no text": (
        lambda *_: (200, {}, {"choices": [{"message": {"content": None}}, 3]}),
        "without any text",
        1,
    ),
    "no key": (lambda *_: (401, {}, {"error": "who are you"}), "wants a key: export OPENAI_API_KEY", 1),
    "no model": (lambda *_: (404, {}, {"error": {"message": "no model m"}}), "refused the request (404", 2),
    "too long": (lambda *_: (400, {}, {"error": {"message": "context length"}}), "(400: context length)", 1),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_trouble_is_one_sentence(serve, name):
    behaviour, sentence, tries = TROUBLES[name]
    server = serve(behaviour)
    [reply] = ask(server, Request("a"), attempts=2)
    assert isinstance(reply, Failed)
    assert sentence in reply.reason
    assert "\n" not in reply.reason
    assert len(server.asked) == tries


def test_the_rest_of_a_batch_goes_on(serve):
    def moody(path, body, number):
        return (400, {}, {"error": "no"}) if body["prompt"] == "bad" else good(path, body, number)

    replies = ask(serve(moody), Request("a"), Request("bad"), Request("b"), Request("c", beams=2))
    assert [type(r) for r in replies] == [Answered, Failed, Answered, Failed]
    assert replies[2].completions[0].text == "b/0"
    assert "no beam search" in replies[3].reason


def test_a_server_that_trickles_is_timed_out():
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def trickle():
        connection, _ = listener.accept()
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
        while not over.wait(0.05):
            try:
                connection.sendall(b"{")
            except OSError:
                break
        connection.close()

    thread = threading.Thread(target=trickle, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    [reply] = open_model("openai:m", base_url=url, timeout=0.5, attempts=1).generate([Request("a")])
    over.set()
    thread.join()
    listener.close()
    assert isinstance(reply, Failed)
    assert "did not answer within 0.5 s" in reply.reason


def test_after_the_deadline_nothing_is_waited_for_and_what_came_is_kept(serve):
    over = threading.Event()

    def one_and_then_nothing(path, body, number):
        if number:
            over.wait(30)
        return good(path, {**body, "n": 1}, number)

    server = serve(one_and_then_nothing)
    began = time.monotonic()
    [some, none] = ask(
        server,
        Request("a", n=3, temperature=1.0, deadline=began + 1.0),
        Request("b", deadline=began - 1.0),
        concurrency=1,
        attempts=6,
    )
    over.set()
    assert isinstance(some, Answered)
    assert some.late
    assert [c.text for c in some.completions] == ["a/0"]
    assert isinstance(none, Failed)
    assert none.transient
    assert "time was up" in none.reason
    assert len(server.asked) == 2


def test_the_trouble_that_was_met_is_said_and_not_that_the_time_was_up(serve):
    server = serve(lambda *_: (200, {}, b"<html>"))
    [reply] = ask(server, Request("a", deadline=time.monotonic() + 0.4), attempts=100)
    assert isinstance(reply, Failed)
    assert "not JSON" in reply.reason


def test_nobody_listening_is_said_once_per_request():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    model = open_model("openai:m", base_url=f"http://127.0.0.1:{port}/v1", attempts=2)
    replies = model.generate([Request(f"{k}") for k in range(20)])
    assert all("cannot be reached" in reply.reason for reply in replies)
    assert model.usage.failed == 20


def test_no_more_requests_at_once_than_allowed(serve):
    def slow(path, body, number):
        time.sleep(0.05)
        return good(path, body, number)

    server = serve(slow)
    replies = ask(server, *(Request(str(k)) for k in range(12)), concurrency=3)
    assert [r.completions[0].text for r in replies] == [f"{k}/0" for k in range(12)]
    assert server.most_at_once <= 3


def test_one_completion_at_a_time_is_asked_for_again_with_other_seeds(serve):
    server = serve(lambda path, body, number: good(path, body | {"n": 1}, number))
    [reply] = ask(server, Request("a", n=3, temperature=1.0, seed=5))
    assert len(reply.completions) == 3
    assert [body["seed"] for _, body, _ in server.asked] == [5, 6, 7]
    assert reply.usage.requests == 3


def test_completions_had_before_the_trouble_are_kept(serve):
    def dies(path, body, number):
        return good(path, body | {"n": 1}, number) if number < 2 else (500, {}, {})

    [reply] = ask(serve(dies), Request("a", n=3, temperature=1.0), attempts=1)
    assert len(reply.completions) == 2
    assert "Only 2 of 3 completions came" in reply.notes[0]


def test_fields_a_server_refuses_are_left_out_and_noted(serve):
    def plain(path, body, number):
        if not path.endswith("chat/completions"):
            return 404, {}, {"error": {"message": "This is a chat model"}}
        for word in ("logprobs", "seed"):
            if word in body:
                return 400, {}, {"error": {"message": f"Unsupported parameter: '{word}'"}}
        if "max_tokens" in body:
            return 400, {}, {"error": {"message": "'max_tokens': use 'max_completion_tokens' instead"}}
        return good(path, body, number)

    server = serve(plain)
    model = open_model("openai:m", base_url=server.url, attempts=1)
    first, second = model.generate([Request("a", seed=1)]), model.generate([Request("b", seed=1)])
    assert first[0].completions[0].text == "a/0"
    assert first[0].completions[0].logprob is None
    for words in ("sent as a chat message", "seed was not used", "no log-probabilities"):
        assert words in second[0].notes[0]
    assert server.asked[-1][1]["max_completion_tokens"] == 256
    assert len(server.asked) == 6  # four refusals, learnt once


def test_stop_strings_are_cut_even_where_the_server_ignores_them(serve):
    server = serve(lambda *_: (200, {}, {"choices": [{"text": "simp\nring", "finish_reason": "length"}]}))
    [reply] = ask(server, Request("a", stop=("\n",)))
    assert (reply.completions[0].text, reply.completions[0].finish) == ("simp", "stop")


def test_it_can_be_called_from_a_running_loop(serve):
    server = serve(good)

    async def notebook():
        model = open_model("openai:m", base_url=server.url)
        return model.generate([Request("a")]) + await model.agenerate([Request("b")])

    first, second = asyncio.run(notebook())
    assert (first.completions[0].text, second.completions[0].text) == ("a/0", "b/0")


def test_threads_may_share_a_model(serve):
    server = serve(good)
    model = open_model("openai:m", base_url=server.url)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda k: model.generate([Request(str(k))])[0].completions[0].text, range(12)))
    assert found == [f"{k}/0" for k in range(12)]
    assert model.usage.requests == 12


def test_half_a_surrogate_pair_fails_alone(serve):
    replies = ask(serve(good), Request("\ud800"), Request("a"))
    assert "surrogate" in replies[0].reason
    assert isinstance(replies[1], Answered)
