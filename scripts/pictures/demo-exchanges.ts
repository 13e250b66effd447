import type { Exchange, HttpExchange, Timestamp } from "../../src/model/index.ts";
import { WEBSOCKET } from "../../src/model/index.ts";
import { buildExchange, type ExchangeParts } from "../../test/support/build-exchange.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const ROUTES = ["/cart", "/cart/17", "/pay/42", "/items?page=3&sort=price", "/login", "/search?q=blue+shoes"];
const STATUSES = [200, 200, 200, 201, 204, 304, 404, 200, 200, 503];
const CLIENTS = ["web-7", "web-2", "mobile-1"];

let count = 0;

/** An exchange that began so many milliseconds before now, and took so many. */
export function seen(ago: number, took: number, parts: ExchangeParts = {}): HttpExchange {
  const began = Date.now() - ago;
  const at = (millis: number): Timestamp => {
    const time = began + millis;
    return { seconds: Math.floor(time / 1000), nanos: Math.floor((time % 1000) * 1e6) };
  };
  const id = ++count;
  return buildExchange({
    ...parts,
    connection: { id: BigInt(1000 + Math.floor(id / 6)), ...parts.connection },
    exchange: {
      id,
      times: { requestStart: at(0), requestEnd: at(took * 0.1), responseStart: at(took * 0.8), responseEnd: at(took) },
      ...parts.exchange,
    },
  });
}

/** A quarter of an hour of a shop. */
export function demoTraffic(amount: number, spreadMillis = 840_000): Exchange[] {
  return Array.from({ length: amount }, (_, index) => {
    const route = ROUTES[index % ROUTES.length]!;
    const status = STATUSES[(index * 7) % STATUSES.length]!;
    return seen(spreadMillis * (1 - index / amount) + 200, 3 + ((index * 37) % 11) ** 2, {
      method: route === "/login" || route.startsWith("/pay") ? "POST" : "GET",
      target: route.replace("17", String(index)),
      authority: index % 4 === 0 ? "pay.shop:8080" : "shop:8080",
      status,
      requestHeaders: { "user-agent": "Mozilla/5.0", accept: "application/json", "x-request-id": `r-${index}` },
      responseHeaders: { "content-type": index % 3 === 0 ? "text/html; charset=utf-8" : "application/json" },
      responseBody: '{"ok":true}'.padEnd(40 + ((index * 131) % 4000)),
      connection: { named: { remote: CLIENTS[index % CLIENTS.length]! } },
    });
  });
}

/** A call that failed, with everything that may be said of one. */
export function failedPayment(): Exchange {
  return seen(900, 84.2, {
    method: "POST",
    target: "/pay/17?card=visa&retry=1",
    authority: "pay.shop:8080",
    status: 503,
    requestHeaders: {
      "user-agent": "shop/4.2",
      "content-type": "application/json",
      accept: "application/json",
      authorization: "Bearer redacted-bearer-1a2b3c4d",
      cookie: "theme=dark; lang=de",
      traceparent: `00-${TRACE}-00f067aa0ba902b7-01`,
    },
    requestBody: '{"amount": 1299, "currency": "EUR", "card": {"kind": "visa", "last": "4242"}}',
    responseHeaders: { "content-type": "application/problem+json", "retry-after": "2", server: "envoy" },
    responseBody:
      '{"title": "upstream connect error", "status": 503, "detail": "connection refused", "attempts": [1, 2, 3]}',
  });
}

export function longJson(): Exchange {
  const items = Array.from({ length: 400 }, (_, index) => ({
    id: index,
    name: `Shoe ${index}`,
    price: { amount: 1000 + index, currency: "EUR" },
    tags: ["blue", "leather"],
    text: "A shoe that is described at some length, so that a line of it does not fit. ".repeat(3),
  }));
  return seen(700, 31, {
    target: "/items?page=1",
    authority: "shop:8080",
    responseHeaders: { "content-type": "application/json" },
    responseBody: JSON.stringify({ total: items.length, items, next: "/items?page=2" }),
  });
}

export function webSocket(): Exchange {
  const began = Date.now() - 5000;
  const texts = ['{"subscribe":"prices"}', '{"ok":true}', '{"item":17,"price":1299}', '{"item":18,"price":899}', "bye"];
  return seen(5000, 3200, {
    target: "/prices",
    authority: "shop:8080",
    status: 101,
    requestHeaders: { upgrade: "websocket", connection: "Upgrade" },
    responseHeaders: { upgrade: "websocket", connection: "Upgrade" },
    exchange: {
      application: WEBSOCKET,
      messages: texts.map((text, index) => ({
        from: index === 0 || index === 4 ? ("client" as const) : ("server" as const),
        time: { seconds: Math.floor((began + index * 600) / 1000), nanos: ((began + index * 600) % 1000) * 1e6 },
        kind: index === 4 ? "close" : "text",
        bytes: new TextEncoder().encode(text),
        size: text.length,
        truncated: false,
      })),
    },
  });
}

export function binaryBody(): Exchange {
  return seen(600, 12, {
    target: "/logo.bin",
    authority: "shop:8080",
    responseHeaders: { "content-type": "application/octet-stream" },
    responseBody: Uint8Array.from({ length: 700 }, (_, index) => (index * 37 + (index >> 3)) & 255),
  });
}

export function hostile(): Exchange {
  const markup = '"><img src=x onerror="document.title=1"><script>document.title=2</script>';
  return seen(300, 5, {
    target: `/${markup}`,
    authority: "\u202egpj.exe",
    requestHeaders: { "x-markup": markup, "x-control": "a\u0000b\u001b[31mc\u200f", "x-long": "x".repeat(5000) },
    responseHeaders: { "content-type": "text/html" },
    responseBody: `<script>parent.document.title=3</script>${markup}${"x".repeat(20_000)}`,
  });
}
