/** Reports of about 2 KB, 12 headers asked with and 8 answered, as Lua for wrk: each with an identifier, a path and ends of its own. */
export function reportScript(): string {
  return `
wrk.method = "POST"
local n = 0
local seed = 0
function setup(thread) end
function init(args) seed = tonumber(args[1] or "1") end
request = function()
  n = n + 1
  local id = string.format("%08x-%04x-4000-8000-%012x", seed, n % 65536, n)
  return wrk.format(nil, "/publish", nil, (string.gsub([==[${JSON.stringify(report())}]==], "%$(%w+)", {
    ID = id, PORT = tostring(1024 + n % 50000), ITEM = tostring(n), USER = tostring(n % 1000), TRACE = string.format("%016x%016x", seed, n) })))
end`;
}

/** The document, with `$ID`, `$PORT`, `$ITEM`, `$USER` and `$TRACE` to be filled in. */
export function report(): object {
  const requestHeaders = [
    ["host", "shop.example.com"],
    ["user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"],
    ["accept", "application/json, text/plain, */*"],
    ["accept-encoding", "gzip, deflate, br"],
    ["accept-language", "en-GB,en;q=0.9"],
    ["authorization", "Bearer eyJhbGciOiJIUzI1NiJ9.$USER.c2lnbmF0dXJl"],
    ["x-request-id", "$ID"],
    ["x-forwarded-for", "192.0.2.17"],
    ["x-forwarded-proto", "https"],
    ["traceparent", "00-$TRACE-00f067aa0ba902b7-01"],
    ["content-type", "application/json"],
    ["content-length", "46"],
  ];
  const responseHeaders = [
    ["content-type", "application/json"],
    ["content-length", String(LINES.length)],
    ["date", "Thu, 26 Nov 2026 08:00:00 GMT"],
    ["server", "envoy"],
    ["cache-control", "no-store"],
    ["vary", "accept-encoding"],
    ["x-envoy-upstream-service-time", "7"],
    ["strict-transport-security", "max-age=31536000"],
  ];
  return {
    request_id: "$ID",
    scheme: "https",
    destination_address: "10.0.0.9:8080",
    destination_namespace: "shop",
    source_address: "10.0.0.5:$PORT",
    scnt_request: {
      method: "POST",
      path: "/cart/$ITEM/lines?currency=EUR",
      host: "shop.example.com",
      version: "HTTP/1.1",
      headers: requestHeaders,
      body: Buffer.from('{"article":"4711","quantity":2,"gift":false}').toString("base64"),
      truncated_body: false,
    },
    scnt_response: {
      status_code: "201",
      version: "HTTP/1.1",
      headers: responseHeaders,
      body: Buffer.from(LINES).toString("base64"),
      truncated_body: false,
    },
  };
}

const LINES = JSON.stringify({
  lines: ["4711", "4712", "4713", "4714", "4715", "4716", "4717", "4718"].map((article) => ({
    article,
    quantity: 2,
    price: "12.50",
    currency: "EUR",
  })),
  total: "100.00",
});
