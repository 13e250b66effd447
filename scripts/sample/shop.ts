import { type Call, messagesOf, talkHttp } from "./http.ts";
import { Packets } from "./packets.ts";

/** Where a request goes: from the shop's customers through a gateway to the shop, and from there to who takes the money. */
const GATEWAY = "10.0.1.1:8080";
const SHOP = "10.0.1.2:8080";
const PAYMENTS = "10.0.1.3:8080";

/** The request that failed at 02:13, in each of its three hops. */
export const FAILED = {
  id: "0f9d2c1e-8a34-4c1d-9b7e-213000000213",
  trace: "4bf92f3577b34da6a3ce929d0e0e4736",
} as const;

const ITEMS = [
  { id: 7, name: "kettle", price: 39.9 },
  { id: 8, name: "teapot", price: 24.5 },
];

/** Half an hour of a night in a shop (2026-01-31, UTC): 61 exchanges, a login with a password, and the payment that failed. */
export function makeNight(): Packets {
  const packets = new Packets();
  const begin = Date.UTC(2026, 0, 31, 2, 0, 4);
  for (let n = 0; n < 28; n++) {
    const at = begin + n * 61_000 + ((n * 7919) % 1000);
    const calls = BROWSE.map((call, i) => ({ ...call, at: at + i * 900, takes: 3 + ((n * 31 + i * 17) % 23) }));
    talkHttp(packets, `10.0.0.${10 + (n % 9)}:${50_000 + n}`, GATEWAY, "shop.example", calls);
  }
  talkHttp(packets, "10.0.0.9:51901", GATEWAY, "shop.example", [LOGIN]);
  failCheckout(packets);
  return packets;
}

const BROWSE = [
  { method: "GET", path: "/items", status: "200 OK", responseBody: ITEMS },
  { method: "GET", path: "/items/7", status: "200 OK", responseBody: ITEMS[0] },
];

const LOGIN: Call = {
  at: Date.UTC(2026, 0, 31, 2, 12, 41, 250),
  takes: 48,
  method: "POST",
  path: "/login",
  body: { user: "mia", password: "correct-horse-battery" },
  status: "200 OK",
  responseHeaders: { "set-cookie": "session=9f0e1d2c3b4a59687766; HttpOnly" },
  responseBody: { token: "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtaWEifQ.c2lnbmF0dXJlLW9mLXRoZS1zYW1wbGU" },
};

function failCheckout(packets: Packets): void {
  const at = Date.UTC(2026, 0, 31, 2, 13, 7, 412);
  const hop = (span: string) => ({ "x-request-id": FAILED.id, traceparent: `00-${FAILED.trace}-${span}-01` });
  const session = {
    authorization: "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtaWEifQ.c2lnbmF0dXJlLW9mLXRoZS1zYW1wbGU",
    cookie: "session=9f0e1d2c3b4a59687766",
  };
  const order = { cart: 4711, iban: "DE02120300000000202051" };
  const failed = { status: "502 Bad Gateway", responseBody: { error: "payment failed", order: 4711 } };
  const checkout = { method: "POST", path: "/checkout", body: order };
  talkHttp(packets, "10.0.0.9:51902", GATEWAY, "shop.example", [
    { at, takes: 2126, ...checkout, headers: { ...session, ...hop("00f067aa0ba902b7") }, ...failed },
  ]);
  talkHttp(packets, "10.0.1.1:40110", SHOP, "shop", [
    { at: at + 3, takes: 2120, ...checkout, headers: { ...session, ...hop("1a2b3c4d5e6f7081") }, ...failed },
  ]);
  talkHttp(packets, "10.0.1.2:40220", PAYMENTS, "payments", [
    {
      at: at + 11,
      takes: 2104,
      method: "POST",
      path: "/charge",
      headers: { "x-api-key": "sk_live_51H8sampleSAMPLEsample", ...hop("5e6f70811a2b3c4d") },
      body: { amount: 39.9, ...order },
      status: "503 Service Unavailable",
      responseHeaders: { "retry-after": "5" },
      responseBody: { error: "no connection to the bank" },
    },
  ]);
}

/** The login as Envoy's socket tap traces it: one buffered trace, or a stream of segments. JSON, which `convert` makes the other forms of. */
export function makeTrace(isBuffered: boolean): string {
  const events = messagesOf(LOGIN, "shop.example").map(({ from, at, data }) => {
    const bytes = { data: { as_bytes: Buffer.from(data).toString("base64") } };
    return { timestamp: new Date(at).toISOString(), ...(from === "client" ? { read: bytes } : { write: bytes }) };
  });
  const end = (address: string, port: number) => ({ socket_address: { address, port_value: port } });
  const connection = { local_address: end("10.0.1.1", 8080), remote_address: end("10.0.0.9", 51_901) };
  const traces = isBuffered
    ? [{ socket_buffered_trace: { trace_id: 7, connection, events } }]
    : [{ connection }, ...events.map((event) => ({ event }))].map((part) => ({
        socket_streamed_trace_segment: { trace_id: 7, ...part },
      }));
  return traces.map((trace) => `${JSON.stringify(trace)}\n`).join("");
}

/**
 * Twenty minutes of a day, 14:00 to 14:10 and on, with a deploy at 14:05 to one of two pods (10.0.1.2): from then on it answers
 * `POST /pay` with 502 three times in four, and its items have lost their price.
 */
export function makeDay(): Packets {
  const packets = new Packets();
  const begin = Date.UTC(2026, 0, 31, 14, 0, 0);
  let state = 20_260_131;
  const random = () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
  for (let n = 0; n < 200; n++) {
    const pod = n % 2 === 0 ? "10.0.1.2:8080" : "10.0.1.4:8080";
    const start = begin + n * 3000;
    const isNew = n >= 100 && n % 2 === 0;
    const calls = DAY.map((call, i): Call => {
      const fails = isNew && call.path === "/pay" && random() < 0.75;
      const items = isNew ? ITEMS.map(({ id, name }) => ({ id, name })) : ITEMS;
      return {
        ...call,
        at: start + i * 300,
        takes: 2 + random() * 8,
        ...(call.path === "/items" ? { responseBody: items } : {}),
        ...(fails ? { status: "502 Bad Gateway", responseBody: { error: "payment failed" } } : {}),
      };
    });
    packets.talk(
      `10.0.1.1:${20_000 + n}`,
      pod,
      calls.flatMap((call) => messagesOf(call, "shop")),
    );
  }
  return packets;
}

const DAY = [
  { method: "GET", path: "/items", status: "200 OK" },
  { method: "GET", path: "/items/7", status: "200 OK", responseBody: ITEMS[0] },
  { method: "POST", path: "/pay", body: { cart: 1 }, status: "200 OK", responseBody: { paid: true } },
];
