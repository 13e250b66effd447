/** The long form of test/hostile-traffic.test.ts: 20 000 connections. */
process.env["TAPLINE_HOSTILE_CONNECTIONS"] ??= "20000";
await import("../hostile-traffic.test.ts");
