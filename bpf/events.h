// The records in the ring, and what the loader sets. src/source/ebpf/events/layout.ts says the same; a test holds them together.
#pragma once

enum record_type {
	RECORD_CONNECTION = 1,
	RECORD_DATA = 2,
	RECORD_CLOSE = 3,
	RECORD_PROCESS = 4,
	RECORD_EXEC = 5,
	RECORD_EXIT = 6,
	RECORD_MAPPED = 7,
	RECORD_SHUTDOWN = 8,
	RECORD_TLS_DATA = 9,
	RECORD_TLS_LINK = 10,
	RECORD_IO_URING = 11,
	RECORD_RETRANSMIT = 12,
	RECORD_DROP = 13,
	RECORD_PATH = 14,
};

enum direction { READ = 0, WRITE = 1 };

enum record_flags {
	FLAG_PEER = 1,        // the payload begins with the address of the other end (struct address)
	FLAG_SENDFILE = 2,    // the bytes never were in the process's memory
	FLAG_FAULT = 4,       // the bytes could not be read from the process's memory
	FLAG_STILL_OPEN = 8,  // the socket stays open in another process or under another descriptor
	FLAG_RESET = 16,
	FLAG_LATE = 32,       // it was open before it was seen
	FLAG_IN_TLS = 64,     // inside of a call of a TLS library
	FLAG_DATAGRAM = 128,  // begins a datagram
};

// The lowest bits of a connection's number say which ring its records go to. Plaintext whose connection is not known goes to all; so does
// what becomes of processes.
#define RING_BITS 4
#define MAX_RINGS (1 << RING_BITS)

// Of RECORD_TLS_DATA: this ring is not the one that shows it if its connection never is known.
#define FLAG_COPY FLAG_SENDFILE

struct header {
	u64 time;     // CLOCK_MONOTONIC, ns: when the call returned
	u64 started;  // when it was called; 0 where that is not measured
	u64 conn;     // 0: not known
	u64 offset;   // of the first byte in its direction's stream
	u32 pid;
	u32 tid;
	u32 size;     // bytes of the stream that the record stands for
	u32 captured; // of these, bytes that follow the header
	s32 fd;
	u8 type;
	u8 direction;
	u8 syscall;
	u8 flags;
	u64 aux;      // SSL*, the other connection, a reason; of a close the records that were lost, whose bytes are in offset
};

struct address {
	u16 family;
	u16 port; // host order
	u8 bytes[16];
};

struct connection_record {
	struct header h;
	u64 socket;
	u64 rx;
	u64 tx;
	u16 family;
	u16 protocol;
	u16 local_port;
	u16 remote_port;
	u8 local[16];
	u8 remote[16];
	u8 role; // 0 unknown, 1 client, 2 server
	u8 state;
	u8 pad[6];
};

enum lost_reason {
	LOST_RING_FULL = 0,
	LOST_RING_BYTES = 1,
	LOST_NO_CONNECTION = 2,
	LOST_FAULT = 3,
	LOST_COMPAT = 4,
	LOST_TLS_DEPTH = 5,
	PRODUCED = 6,
	LOST_TASKS = 7,
	COUNTERS = 16,
};

#define MAX_PORTS 16

struct control {
	u32 generation;
	u32 own_pid;
	u32 watch_all;
	u32 use_comms;
	u32 use_cgroups;
	u32 timings;
	u32 capture_bytes; // of what one side says before the other speaks; the rest is counted
	u32 rings;         // of the map: as many as there are analyzers
	u64 next_id;
	u32 port_count;
	u16 ports[MAX_PORTS];
	u32 packets; // packets are looked at, too
	u32 has_lost; // a ring had no room, once
	u32 is_polling[MAX_RINGS]; // the ring's reader sleeps and wants to be woken
};

enum watch_flags { WATCHED = 1, INHERITED = 2, BY_RULE = 4 };
