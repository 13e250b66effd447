"""Answers of GraphQL (by graphql-core) and in the forms of OpenAI and Anthropic, on one port; the MCP SDK's own server on another. Prints both."""
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import uvicorn
from graphql import build_schema, graphql_sync
from mcp.server.mcpserver import MCPServer

SCHEMA = build_schema("type Query { hero(id: Int): String! wrong: String! }")


class Root:
    def hero(self, info, id=0):
        return f"hero {id}"

    def wrong(self, info):
        raise ValueError("no such thing")


def completion(model):
    usage = {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6}
    message = {"role": "assistant", "content": "Hi"}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    return {"id": "c", "object": "chat.completion", "created": 1, "model": f"{model}-1", "choices": choices, "usage": usage}


def pieces(model):
    def piece(delta, reason=None):
        choices = [{"index": 0, "delta": delta, "finish_reason": reason}]
        return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": model, "choices": choices}

    last = piece({}, "stop") | {"usage": {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}}
    words = [piece({"role": "assistant", "content": word}) for word in ("Hi", " there")]
    return "".join(f"data: {json.dumps(one)}\n\n" for one in [*words, last]) + "data: [DONE]\n\n"


def embeddings(model):
    data = [{"object": "embedding", "index": 0, "embedding": [0.1]}]
    return {"object": "list", "model": model, "data": data, "usage": {"prompt_tokens": 3, "total_tokens": 3}}


def message(model):
    usage = {"input_tokens": 11, "output_tokens": 3}
    content = [{"type": "text", "text": "Hi"}]
    rest = {"content": content, "stop_reason": "end_turn", "stop_sequence": None, "usage": usage}
    return {"id": "m", "type": "message", "role": "assistant", "model": model} | rest


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, body, type="application/json", status=200):
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("content-type", type)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        model = asked.get("model")
        if self.path == "/graphql":
            names = {"variable_values": asked.get("variables"), "operation_name": asked.get("operationName")}
            self.answer(graphql_sync(SCHEMA, asked["query"], Root(), **names).formatted)
        elif self.path == "/v1/embeddings":
            self.answer(embeddings(model))
        elif self.path == "/v1/messages" and model == "gone":
            self.answer({"type": "error", "error": {"type": "not_found_error", "message": "model: gone"}}, status=404)
        elif self.path == "/v1/messages":
            self.answer(message(model))
        elif asked.get("stream"):
            self.answer(pieces(model), "text/event-stream")
        else:
            self.answer(completion(model))


mcp = MCPServer("shop")


@mcp.tool()
def weather(city: str) -> str:
    if city == "nowhere":
        raise ValueError("no such city")
    return f"sun in {city}"


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
listening = socket.create_server(("127.0.0.1", 0))
print(json.dumps({"http": server.server_port, "mcp": listening.getsockname()[1]}), flush=True)
uvicorn.Server(uvicorn.Config(mcp.streamable_http_app(), log_level="error")).run(sockets=[listening])
