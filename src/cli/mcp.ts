import type { Command } from "commander";
import { readCollectorUrl } from "../source/collector-api/ask-collector.ts";

interface McpFlags {
  url: string;
  token?: string;
}

/** `tapline mcp`: gives assistants the questions of a collector, on standard input and output. */
export function define(command: Command): void {
  command
    .option("--url <url>", "the collector's page", "http://127.0.0.1:9004")
    .option("--token <token>", "a viewer's is enough, without bodies (default: TAPLINE_TOKEN)")
    .addHelpText(
      "after",
      `
Speaks the Model Context Protocol on standard input and output. All tools only read; what is kept is redacted.

Examples:
  tapline mcp
  tapline mcp --url https://tapline.example.com --token "$VIEWER"
  {"mcpServers": {"tapline": {"command": "tapline", "args": ["mcp"]}}}     in an assistant's configuration`,
    )
    .action(async ({ url, token = process.env["TAPLINE_TOKEN"] }: McpFlags) => {
      readCollectorUrl(url);
      const [{ StdioServerTransport }, { createCollectorTools }] = await Promise.all([
        import("@modelcontextprotocol/server/stdio"),
        import("../collector/mcp/collector-tools.ts"),
      ]);
      await createCollectorTools({ url, token: token || undefined }).connect(new StdioServerTransport());
    });
}
