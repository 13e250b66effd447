import { recordHttp2Session, sendRequest } from "../../../test/support/http2-session.ts";
import { CapturedConnection, CaptureFile } from "../capture-file.ts";

/** Streams that a connection has. */
export const HTTP2_CAPTURES: Readonly<Record<string, number>> = {
  "50 streams a connection": 50,
  "1000 streams a connection": 1000,
};

/** Writes a session of node:http2 again and again, each time as another connection, until there are so many streams. */
export async function writeHttp2Capture(path: string, streams: number, perConnection: number): Promise<void> {
  const session = await recordSession(perConnection);
  const file = new CaptureFile(path);
  for (let number = 0; number < streams / perConnection; number++) {
    const connection = new CapturedConnection(file, number);
    connection.open();
    for (const { direction, data } of session)
      if (direction === "read") connection.request(data);
      else connection.response(data);
    connection.close();
  }
  file.close();
}

/** Requests and responses with a dozen fields each, some of which change, ten at a time. */
function recordSession(streams: number) {
  const common = Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`x-common-${i}`, `value of ${i}`]));
  return recordHttp2Session(
    (request, response) => {
      request.resume().on("end", () => {
        response.writeHead(200, { ...common, "content-type": "text/plain", etag: `"${request.url}"` });
        response.end(`an answer to ${request.url}. `.repeat(10));
      });
    },
    async (client) => {
      for (let i = 0; i < streams; i += 10)
        await Promise.all(
          Array.from({ length: 10 }, (_, j) =>
            sendRequest(client, {
              ...common,
              ":path": `/items/${i + j}?q=${(i + j) % 7}`,
              "user-agent": "bench/1.0",
              accept: "*/*",
              "x-request-id": `${i + j}`,
            }),
          ),
        );
    },
  );
}
