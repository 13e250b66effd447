"""Asks what `serve.py` serves by the clients that people use. Arguments: its ports."""
import asyncio
import sys

import anthropic
import openai
from gql import Client, gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.requests import RequestsHTTPTransport
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

http, mcp = (f"http://127.0.0.1:{port}" for port in sys.argv[1:])
messages = [{"role": "user", "content": "Hello"}]

with openai.OpenAI(base_url=f"{http}/v1", api_key="k", max_retries=0) as client:
    client.chat.completions.create(model="gpt-4o", messages=messages)
    for _ in client.chat.completions.create(model="gpt-4o", messages=messages, stream=True):
        pass
    client.embeddings.create(model="text-embedding-3-small", input="a")

with anthropic.Anthropic(base_url=http, api_key="k", max_retries=0) as client:
    client.messages.create(model="claude-3", max_tokens=10, messages=messages)
    try:
        client.messages.create(model="gone", max_tokens=10, messages=messages)
    except anthropic.NotFoundError:
        pass

client = Client(transport=RequestsHTTPTransport(url=f"{http}/graphql"))
query = gql("query Hero($id: Int) { hero(id: $id) }")
query.variable_values = {"id": 3}
client.execute(query)
try:
    client.execute(gql("{ wrong }"))
except TransportQueryError:
    pass


async def ask_mcp():
    async with streamable_http_client(f"{mcp}/mcp") as streams, ClientSession(streams[0], streams[1]) as session:
        await session.initialize()
        await session.list_tools()
        await session.call_tool("weather", {"city": "Oslo"})
        await session.call_tool("weather", {"city": "nowhere"})


asyncio.run(ask_mcp())
