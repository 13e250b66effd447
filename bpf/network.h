// What becomes of the packets of connections that are followed, in whatever context: retransmissions, and drops with the kernel's reason.
#pragma once
#include "state.h"

struct packet_owner {
	u64 conn;
	u32 pid;
	u32 pad;
};

// By the addresses: a packet that comes in has no socket yet.
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct packet_key);
	__type(value, struct packet_owner);
} packets SEC(".maps");

static __always_inline void tell_packet(struct packet_owner *owner, u8 type, u64 reason, u32 size)
{
	struct header h = {};
	h.time = bpf_ktime_get_ns();
	h.conn = owner->conn;
	h.pid = owner->pid;
	h.type = type;
	h.aux = reason;
	h.size = size;
	h.fd = -1;
	emit(&h);
}

static __noinline int socket_key(struct packet_key *key, struct sock *sk)
{
	if (!key)
		return 0;
	key->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	key->protocol = BPF_CORE_READ(sk, sk_protocol);
	key->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	key->remote_port = __builtin_bswap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (key->family == AF_INET6) {
		BPF_CORE_READ_INTO(&key->local, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&key->remote, sk, __sk_common.skc_v6_daddr);
		// IPv4 by an IPv6 socket has IPv4's packets.
		u64 *halves = (u64 *)key->local;
		u32 *words = (u32 *)key->local;
		if (halves[0] == 0 && words[2] == 0xffff0000) {
			u32 from = words[3], to = ((u32 *)key->remote)[3];
			__builtin_memset(key->local, 0, 32);
			*(u32 *)key->local = from;
			*(u32 *)key->remote = to;
			key->family = AF_INET;
		}
	} else {
		*(u32 *)key->local = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
		*(u32 *)key->remote = BPF_CORE_READ(sk, __sk_common.skc_daddr);
	}
	return 1;
}

static __noinline int own_packets(struct task_state *state, struct sock *sk, u64 conn, u32 pid)
{
	struct packet_owner owner = {conn, pid, 0};
	if (!state)
		return 0;
	__builtin_memset(&state->key, 0, sizeof(state->key));
	socket_key(&state->key, sk);
	bpf_map_update_elem(&packets, &state->key, &owner, BPF_ANY);
	return 0;
}

static __noinline int disown_packets(struct sock *sk)
{
	struct packet_key key = {};
	socket_key(&key, sk);
	bpf_map_delete_elem(&packets, &key);
	return 0;
}

// The key of a packet as it lies in memory; `in` says that it comes in.
static __noinline int packet_key_of(struct packet_key *key, struct sk_buff *skb, u32 in)
{
	u8 *head = BPF_CORE_READ(skb, head);
	u16 network = BPF_CORE_READ(skb, network_header);
	u8 first = 0;
	u16 ports[2] = {};
	u32 transport;
	if (!key || bpf_probe_read_kernel(&first, 1, head + network))
		return 0;
	u8 *ours = in ? key->local : key->remote;
	u8 *theirs = in ? key->remote : key->local;
	if (first >> 4 == 4) {
		u8 header[20];
		if (bpf_probe_read_kernel(header, sizeof(header), head + network))
			return 0;
		// The ports are in the first fragment.
		if (header[6] & 0x1f || header[7])
			return 0;
		key->family = AF_INET;
		key->protocol = header[9];
		__builtin_memcpy(theirs, header + 12, 4);
		__builtin_memcpy(ours, header + 16, 4);
		transport = network + (first & 15) * 4;
	} else if (first >> 4 == 6) {
		u8 header[40];
		if (bpf_probe_read_kernel(header, sizeof(header), head + network))
			return 0;
		key->family = AF_INET6;
		key->protocol = header[6];
		__builtin_memcpy(theirs, header + 8, 16);
		__builtin_memcpy(ours, header + 24, 16);
		transport = network + 40;
	} else
		return 0;
	if (key->protocol != IPPROTO_TCP && key->protocol != IPPROTO_UDP)
		return 0;
	if (bpf_probe_read_kernel(ports, sizeof(ports), head + transport))
		return 0;
	u16 from = __builtin_bswap16(ports[0]), to = __builtin_bswap16(ports[1]);
	key->local_port = in ? to : from;
	key->remote_port = in ? from : to;
	return 1;
}

SEC("?tp_btf/tcp_retransmit_skb")
int on_retransmit(u64 *ctx)
{
	struct packet_key key = {};
	struct sk_buff *skb = (struct sk_buff *)ctx[1];
	socket_key(&key, (struct sock *)ctx[0]);
	struct packet_owner *owner = bpf_map_lookup_elem(&packets, &key);
	if (owner)
		tell_packet(owner, RECORD_RETRANSMIT, 0, skb ? BPF_CORE_READ(skb, len) : 0);
	return 0;
}

static __always_inline struct packet_owner *owner_by(struct packet_key *key)
{
	return bpf_map_lookup_elem(&packets, key);
}

// The connection of a packet. A datagram's socket may speak with everybody: of one address, of all, or of both families.
static __noinline struct packet_owner *owner_of(struct packet_key *key)
{
	if (!key)
		return 0;
	struct packet_owner *owner = owner_by(key);
	if (owner || key->protocol != IPPROTO_UDP)
		return owner;
	struct packet_key any = {};
	__builtin_memcpy(any.local, key->local, sizeof(any.local));
	any.local_port = key->local_port;
	any.family = key->family;
	any.protocol = IPPROTO_UDP;
	owner = owner_by(&any);
	if (owner)
		return owner;
	__builtin_memset(any.local, 0, sizeof(any.local));
	owner = owner_by(&any);
	if (owner || any.family == AF_INET6)
		return owner;
	any.family = AF_INET6;
	return owner_by(&any);
}

struct packet_record {
	struct header h;
	struct address peer;
	struct address own; // a socket may be bound to all addresses
};

SEC("?tp_btf/kfree_skb")
int on_drop(u64 *ctx)
{
	struct sk_buff *skb = (struct sk_buff *)ctx[0];
	u32 reason = ctx[2];
	u32 size = BPF_CORE_READ(skb, len);
	// 0 and 1: not dropped, and consumed. 2: no reason is given, as where sockets are closed.
	if (reason < 2)
		return 0;
	for (u32 in = 0; in < 2; in++) {
		struct packet_key key = {};
		if (!packet_key_of(&key, skb, in))
			return 0;
		struct packet_owner *owner = owner_of(&key);
		if (!owner)
			continue;
		void *ring = ring_of(owner->conn);
		struct packet_record *record = ring ? bpf_ringbuf_reserve(ring, sizeof(*record), 0) : 0;
		if (!record) {
			lose(owner->conn, 0);
			return 0;
		}
		__builtin_memset(record, 0, sizeof(*record));
		record->h.time = bpf_ktime_get_ns();
		record->h.conn = owner->conn;
		record->h.pid = owner->pid;
		record->h.type = RECORD_DROP;
		record->h.aux = reason;
		record->h.size = size;
		record->h.direction = in ? READ : WRITE;
		record->h.fd = -1;
		record->h.flags = FLAG_PEER;
		record->peer.family = key.family;
		record->peer.port = key.remote_port;
		__builtin_memcpy(record->peer.bytes, key.remote, sizeof(record->peer.bytes));
		record->own.family = key.family;
		record->own.port = key.local_port;
		__builtin_memcpy(record->own.bytes, key.local, sizeof(record->own.bytes));
		bpf_ringbuf_submit(record, submit_flags(owner->conn));
		count(PRODUCED, 1);
		return 0;
	}
	return 0;
}
