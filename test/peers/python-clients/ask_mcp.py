"""Asks `tapline mcp` by the Model Context Protocol's own SDK, and prints what it said as JSON. Arguments: the command."""
import asyncio
import json
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


async def main():
    parameters = StdioServerParameters(command=sys.argv[1], args=sys.argv[2:])
    async with stdio_client(parameters) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        tools = await session.list_tools()
        found = await session.call_tool("find_exchanges", {"filter": "5xx"})
        wrong = await session.call_tool("find_exchanges", {"filter": "response.cod == 1"})
        print(
            json.dumps(
                {
                    "tools": [tool.name for tool in tools.tools],
                    "found": json.loads(found.content[0].text)["items"],
                    "wrong": wrong.content[0].text,
                }
            )
        )


asyncio.run(main())
