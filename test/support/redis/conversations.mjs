// Conversations of ioredis with the server on the port given: each has connections of its own.
import { createRequire } from "node:module";

const [, , folder, port] = process.argv;
const { Redis } = createRequire(`${folder}/index.js`)("ioredis");
const connect = (options = {}) => new Redis({ host: "127.0.0.1", port: Number(port), lazyConnect: true, ...options });

const CONVERSATIONS = [
  async (redis) => {
    await redis.set("io:a", "1", "EX", 100);
    await redis.get("io:a");
    await redis.ttl("io:a");
    await redis.del("io:a", "io:none");
  },
  async (redis) => {
    await Promise.all(Array.from({ length: 200 }, (_, at) => redis.set(`io:p${at}`, `value ${at}`)));
    await Promise.all(Array.from({ length: 200 }, (_, at) => redis.get(`io:p${at}`)));
  },
  async (redis) => {
    await redis.pipeline().set("io:b", "é€😀").get("io:b").incr("io:b").exec();
  },
  async (redis) => {
    await redis.multi().set("io:c", "x").get("io:c").lpush("io:c", "y").exec();
  },
  async (redis) => {
    await redis.set("io:bin", Buffer.alloc(70_000, 0xff));
    await redis.getBuffer("io:bin");
  },
  async (redis) => {
    await redis.hset("io:h", { a: 1, b: "two" });
    await redis.hgetall("io:h");
    await redis.hdel("io:h", "a");
  },
  async (redis) => {
    await redis.eval("return {KEYS[1], ARGV[1], 3}", 1, "io:k", "v");
    redis.defineCommand("echoed", { numberOfKeys: 1, lua: "return ARGV[1]" });
    await redis.echoed("io:k", "back");
    await redis.echoed("io:k", "again");
  },
  async (redis) => {
    await redis.xadd("io:x", "*", "k", "v");
    await redis.xread("COUNT", 10, "STREAMS", "io:x", "0");
  },
  async (redis) => {
    await redis.call("NOSUCH", "a").catch(() => {});
    await redis.set("io:s", "text");
    await redis.incr("io:s").catch(() => {});
  },
  async (redis) => {
    const subscriber = connect();
    await subscriber.connect();
    await subscriber.subscribe("io:news", "io:more");
    await redis.publish("io:news", "hello");
    await redis.publish("io:more", "hello again");
    await new Promise((resolve) => setTimeout(resolve, 100));
    await subscriber.unsubscribe();
    await subscriber.quit();
  },
  async (redis) => {
    const waiting = redis.brpop("io:q", 5);
    const other = connect();
    await other.connect();
    await other.lpush("io:q", "job");
    await waiting;
    await other.quit();
  },
];

for (const conversation of CONVERSATIONS) {
  const redis = connect();
  await redis.connect();
  await conversation(redis);
  await redis.quit();
}
