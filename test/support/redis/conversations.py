"""Conversations of redis-py with the server on the port given: each has connections of its own."""

import sys
import threading
import time

import redis

PORT = int(sys.argv[1])


def connect(**options):
    return redis.Redis(host="127.0.0.1", port=PORT, single_connection_client=True, **options)


def strings(r):
    r.set("py:a", "1")
    r.get("py:a")
    r.append("py:a", "23")
    r.incrby("py:a", 7)
    r.getrange("py:a", 0, 1)
    r.get("py:none")
    r.mset({"py:b": "x", "py:c": "y"})
    r.mget("py:b", "py:none", "py:c")


def binary(r):
    r.set("py:bin", bytes(range(256)))
    r.get("py:bin")
    r.set("py:crlf", b"a\r\nb\r\n*1\r\n$4\r\nPING\r\n")
    r.get("py:crlf")


def large(r):
    r.set("py:large", b"x" * 300_000)
    r.strlen("py:large")
    r.getrange("py:large", 0, 50_000)


def hashes(r):
    r.hset("py:h", mapping={"f": "1", "g": "two words"})
    r.hgetall("py:h")
    r.hincrby("py:h", "f", 2)
    r.hmget("py:h", "f", "none")
    r.hscan("py:h")


def lists(r):
    r.rpush("py:l", *range(50))
    r.lrange("py:l", 0, -1)
    r.lpop("py:l", 3)
    r.llen("py:l")


def sets(r):
    r.sadd("py:s", "a", "b", "c")
    r.smembers("py:s")
    r.sismember("py:s", "a")
    r.sinter("py:s", "py:none")


def sorted_sets(r):
    r.zadd("py:z", {"one": 1, "two": 2.5})
    r.zrange("py:z", 0, -1, withscores=True)
    r.zscore("py:z", "two")
    r.zrank("py:z", "none")


def streams(r):
    r.xadd("py:x", {"k": "v"})
    r.xrange("py:x")
    r.xgroup_create("py:x", "g", "0")
    r.xreadgroup("g", "c", {"py:x": ">"})
    r.xinfo_stream("py:x")


def geo(r):
    r.geoadd("py:g", (13.361389, 38.115556, "Palermo"))
    r.geopos("py:g", "Palermo", "none")


def scripts(r):
    r.eval("return {1, 'two', {3, 'four'}, false}", 0)
    script = r.register_script("return redis.call('get', KEYS[1])")
    script(keys=["py:a"])


def pipelined(r):
    pipe = r.pipeline(transaction=False)
    for number in range(100):
        pipe.set(f"py:p{number}", number)
    for number in range(100):
        pipe.get(f"py:p{number}")
    pipe.execute()


def transaction(r):
    pipe = r.pipeline()
    pipe.incr("py:t")
    pipe.lpush("py:tl", "a", "b")
    pipe.lrange("py:tl", 0, -1)
    pipe.execute()


def failing_transaction(r):
    pipe = r.pipeline()
    pipe.set("py:text", "abc")
    pipe.incr("py:text")
    pipe.execute(raise_on_error=False)


def watched(r):
    pipe = r.pipeline()
    pipe.watch("py:w")
    pipe.multi()
    pipe.set("py:w", "1")
    pipe.execute()


def errors(r):
    r.set("py:string", "a")
    for call in (
        lambda: r.lpush("py:string", "x"),
        lambda: r.execute_command("NOSUCHCOMMAND", "x"),
        lambda: r.execute_command("GET"),
        lambda: r.auth("wrong"),
    ):
        try:
            call()
        except redis.RedisError:
            pass


def settings(r):
    r.config_get("maxmemory*")
    r.client_setname("py")
    r.client_list()
    r.info("server")
    r.object("encoding", "py:a")


def scanning(r):
    for _ in r.scan_iter("py:p*", count=20):
        pass
    r.keys("py:h*")
    r.dbsize()


def blocking(r):
    def push():
        time.sleep(0.15)
        other = connect()
        other.rpush("py:q", "job")
        other.close()

    thread = threading.Thread(target=push)
    thread.start()
    r.blpop("py:q", timeout=5)
    r.blpop("py:q", timeout=0.1)
    thread.join()


def subscribed(r, protocol):
    subscriber = redis.Redis(host="127.0.0.1", port=PORT, protocol=protocol).pubsub()
    subscriber.subscribe("py:news", "py:other")
    subscriber.psubscribe("py:n*")
    for _ in range(3):
        subscriber.get_message(timeout=2)
    r.publish("py:news", "first")
    r.publish("py:other", "second")
    for _ in range(3):
        subscriber.get_message(timeout=2)
    subscriber.unsubscribe("py:other")
    subscriber.get_message(timeout=2)
    subscriber.close()


CONVERSATIONS = (
    strings, binary, large, hashes, lists, sets, sorted_sets, streams, geo, scripts, pipelined, transaction,
    failing_transaction, watched, errors, settings, scanning, blocking,
)

for protocol in (2, 3):
    for conversation in CONVERSATIONS:
        client = connect(protocol=protocol)
        client.flushall()
        conversation(client)
        client.close()
    client = connect(protocol=protocol)
    subscribed(client, protocol)
    client.close()
