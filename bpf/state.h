// The maps, and what every program asks of them.
#pragma once
#include "kernel.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "events.h"

#define SMALL_CHUNK 192
#define MEDIUM_CHUNK 960
#define LARGE_CHUNK 4032
#define MAX_CHUNK 16384
#define MAX_PIECES 256
#define MAX_TLS_DEPTH 2

enum conn_flags {
	CONN_TLS = 1,         // its plaintext comes from a TLS library
	CONN_IGNORED = 2,     // not asked for
	CONN_HTTP2 = 4,       // a cut would lose the state of header compression
	CONN_DATAGRAMS = 8,
	CONN_UNANNOUNCED = 16, // the record of the connection was lost
	CONN_RESET = 32,
};

struct conn_key {
	u32 pid;
	s32 fd;
};

struct conn {
	u64 id;
	u64 file;
	u64 sock;
	u64 rx;
	u64 tx;
	u64 turn; // bytes that the side that speaks has sent since the other did
	u32 flags;
	u32 speaker;  // direction + 1
	u32 quiet[2]; // by direction: bytes of ciphertext at the end of the stream that no record has told of yet
};

// Both ends of a packet.
struct packet_key {
	u8 local[16];
	u8 remote[16];
	u16 local_port;
	u16 remote_port;
	u16 family;
	u16 protocol;
};

struct tls_call {
	u64 ssl;
	u64 buffer;
	u64 length;
	u64 result_at; // where an _ex call puts how many bytes there were
	u64 conn;      // the connection of a socket call inside
	u64 started;
	s32 fd;
	u32 pad;
};

// What is known of a task. Of one that is not watched only the generation.
struct task_state {
	u32 generation;
	u32 watched;
	u64 entered;
	u64 send_at; // in tcp_sendmsg since
	u64 send_of;
	u32 tls_depth;
	u32 pad;
	struct tls_call tls[MAX_TLS_DEPTH];
	u64 last_tls_read;    // the connection of the last socket read that began as a TLS record
	s32 last_tls_fd;
	u32 first;            // bytes of the message that was copied
	u64 waiting_ssl;      // an SSL* whose connection is the next one that a TLS record is written on
	// The message that is being copied.
	struct header h;
	u64 iov;
	u64 iov_left;
	u64 base;
	u64 length;
	u64 left;
	u64 budget;
	struct address peer;
	u32 pieces;
	struct user_msghdr msg;
	// Where the stack has no room.
	struct conn fresh;
	struct packet_key key;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct task_state);
} tasks SEC(".maps");

struct ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
};

// The loader puts in as many as there are analyzers, of the size that is asked for.
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, MAX_RINGS);
	__type(key, u32);
	__array(values, struct ring);
} rings SEC(".maps");

struct lost {
	u64 records;
	u64 bytes;
};

// By the connection's number.
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, u64);
	__type(value, struct lost);
} losses SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTERS);
	__type(key, u32);
	__type(value, u64);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u32);
	__type(value, u32);
} pids SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, char[16]);
	__type(value, u32);
} comms SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u64);
	__type(value, u32);
} cgroups SEC(".maps");

// Processes end without closing what they have: the oldest make room. One that goes on is followed anew, by the kernel's own counts.
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct conn_key);
	__type(value, struct conn);
} conns SEC(".maps");

// Set by the loader, which maps it (.bss).
struct control control;

static __always_inline void count(u32 which, u64 amount)
{
	u64 *counter = bpf_map_lookup_elem(&counters, &which);
	if (counter)
		*counter += amount;
}

// The ring that records of the connection go to.
static __always_inline void *ring_of(u64 conn)
{
	u32 index = conn & (MAX_RINGS - 1);
	return bpf_map_lookup_elem(&rings, &index);
}

static __always_inline u64 submit_flags(u64 conn)
{
	return *(volatile u32 *)&control.is_polling[conn & (MAX_RINGS - 1)] ? 0 : BPF_RB_NO_WAKEUP;
}

// Counts a record for which there was no room, and the bytes of the stream that it stood for.
// Inlined, as there may be eight functions above one another.
static __always_inline int lose(u64 conn, u64 bytes)
{
	count(LOST_RING_FULL, 1);
	count(LOST_RING_BYTES, bytes);
	control.has_lost = 1;
	struct lost *known = bpf_map_lookup_elem(&losses, &conn);
	if (known) {
		__sync_fetch_and_add(&known->records, 1);
		__sync_fetch_and_add(&known->bytes, bytes);
		return 0;
	}
	struct lost first = {1, bytes};
	bpf_map_update_elem(&losses, &conn, &first, BPF_ANY);
	return 0;
}

// A record without bytes. The ring is that of a connection's number.
static __noinline int emit_on(u64 conn, struct header *h)
{
	void *ring = ring_of(conn);
	struct header *record;
	if (!h)
		return 0;
	record = ring ? bpf_ringbuf_reserve(ring, sizeof(*record), 0) : 0;
	if (!record) {
		lose(conn, h->type == RECORD_DATA || h->type == RECORD_TLS_DATA ? h->size : 0);
		return -1;
	}
	*record = *h;
	bpf_ringbuf_submit(record, submit_flags(conn));
	count(PRODUCED, 1);
	return 0;
}

static __always_inline int emit(struct header *h)
{
	return emit_on(h->conn, h);
}

static long emit_on_one(u32 ring, struct header *h)
{
	emit_on(ring, h);
	return 0;
}

// The same record to every ring: which processes there are, all analyzers have to know.
static __always_inline int emit_to_all(struct header *h)
{
	u32 rings = control.rings;
	bpf_loop(rings > MAX_RINGS ? MAX_RINGS : rings, emit_on_one, h, 0);
	return 0;
}

// Called, not inlined: older kernels give all functions that call one another 512 bytes of stack together.
static __noinline int emit_process(struct task_struct *task, u8 type, u64 aux)
{
	struct header h = {};
	h.time = bpf_ktime_get_ns();
	h.pid = task->tgid;
	h.tid = task->pid;
	h.type = type;
	h.aux = aux;
	h.fd = -1;
	// The two fields before hold the command's name.
	BPF_CORE_READ_INTO((char(*)[16]) & h.started, task, comm);
	return emit_to_all(&h);
}
