// How long what moves on a connection takes in each layer, and how many packets it is, as tracepoints tell it, which every kernel has. Each
// program is optional: without it its sums are 0.
#pragma once
#include "network.h"
#include "path_sums.h"
#include "processes.h"

struct path {
	u64 sent[SUMS];
	u64 received[SUMS];
	u64 local_at;
	u64 output_at;
	u64 queued_at;
	u64 device_at;
	u64 begun; // packets that are, or were, being added to `received`
	u64 ended; // those of which all was added
	u64 telling; // 1 while somebody takes what was received
};

struct path_record {
	struct header h;
	u64 sums[SUMS];
};

// By the socket's address. Those of sockets that nobody watches make room for others.
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, struct path);
} paths SEC(".maps");

#define ARRIVALS 64

// A packet that came in, until TCP has it: all of that happens on one processor.
struct arrival {
	u64 skb;
	u64 at;
	u64 ip_at;
	u64 local_at;
	u64 route_time;
	u64 local_time;
	u64 filters;
	u64 filter_time;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, ARRIVALS);
	__type(key, u32);
	__type(value, struct arrival);
} arrivals SEC(".maps");

struct on_processor {
	u64 sending; // the packet that a device takes
	u64 sending_of;
	u64 sending_at;
	u64 ip_at;
	u64 tcp_at;
	u64 receiver; // the socket that a packet came to
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct on_processor);
} processors SEC(".maps");

static __always_inline struct path *path_of(u64 sk)
{
	return sk ? bpf_map_lookup_elem(&paths, &sk) : 0;
}

static __always_inline void add(u64 *sum, u64 amount)
{
	__sync_fetch_and_add(sum, amount);
}

// The stack has no room for one.
const struct path no_path = {};

static __noinline int begin_path(u64 sk, u32 is_new)
{
	bpf_map_update_elem(&paths, &sk, &no_path, is_new ? BPF_ANY : BPF_NOEXIST);
	return 0;
}

// Takes what was received since it was taken last: of a packet that another processor adds meanwhile all, or nothing.
static __always_inline int take_received(struct path *path, u64 *to)
{
	int is_whole = 0;
	if (__sync_lock_test_and_set(&path->telling, 1))
		return 0;
	for (u32 i = 0; i < 4 && !is_whole; i++) {
		// Additions that give what was there are in order on every kind of processor.
		u64 ended = __sync_fetch_and_add(&path->ended, 0);
		for (u32 j = 0; j < SUMS; j++)
			to[j] = *(volatile u64 *)&path->received[j];
		is_whole = __sync_fetch_and_add(&path->begun, 0) == ended;
	}
	for (u32 j = 0; j < SUMS && is_whole; j++)
		if (j != SUM_INTERFACE)
			add(&path->received[j], -to[j]);
	__sync_lock_test_and_set(&path->telling, 0);
	return is_whole;
}

// Tells what gathered in one direction since it was told last.
static __noinline int tell_path(struct task_state *state, u64 sk, u64 conn, u32 direction)
{
	struct path *path = path_of(sk);
	struct path_record *record;
	if (!state || !path)
		return 0;
	u64 *sums = direction == READ ? path->received : path->sent;
	if (sums[SUM_PACKETS] == 0 && sums[SUM_L4] == 0)
		return 0;
	void *ring = ring_of(conn);
	record = ring ? bpf_ringbuf_reserve(ring, sizeof(*record), 0) : 0;
	if (!record) {
		lose(conn, 0);
		return 0;
	}
	record->h = state->h;
	record->h.type = RECORD_PATH;
	record->h.conn = conn;
	record->h.direction = direction;
	record->h.size = 0;
	record->h.captured = 0;
	if (direction == READ) {
		// It is told with the next read.
		if (!take_received(path, record->sums)) {
			bpf_ringbuf_discard(record, 0);
			return 0;
		}
		// What was added are the times at which packets were there.
		record->sums[SUM_FROM_QUEUE] =
			record->sums[SUM_PACKETS] * bpf_ktime_get_ns() - record->sums[SUM_FROM_QUEUE];
	} else {
		for (u32 i = 0; i < SUMS; i++)
			record->sums[i] = __sync_lock_test_and_set(&sums[i], 0);
	}
	bpf_ringbuf_submit(record, submit_flags(conn));
	count(PRODUCED, 1);
	return 0;
}

static __always_inline struct on_processor *this_processor(void)
{
	u32 zero = 0;
	return bpf_map_lookup_elem(&processors, &zero);
}

// An argument as a number: the verifier does not let one reckon with pointers.
static __always_inline u64 number_of(u64 *ctx, u32 index)
{
	u64 number = 0;
	bpf_probe_read_kernel(&number, sizeof(number), ctx + index);
	return number;
}

static __always_inline struct arrival *arrival_slot(u64 skb)
{
	u32 slot = (skb >> 6 ^ skb >> 12) & (ARRIVALS - 1);
	return bpf_map_lookup_elem(&arrivals, &slot);
}

static __always_inline struct arrival *arrival_of(u64 skb)
{
	struct arrival *arrival = arrival_slot(skb);
	return arrival && arrival->skb == skb ? arrival : 0;
}

// Bytes of the stream in a packet whose TCP header begins at `tcp`.
static __always_inline u32 data_in(struct sk_buff *skb, u8 *tcp)
{
	u8 words = 0;
	u32 before = tcp - BPF_CORE_READ(skb, data);
	if (bpf_probe_read_kernel(&words, 1, tcp + 12))
		return 0;
	before += (words >> 4) * 4;
	u32 length = BPF_CORE_READ(skb, len);
	return length > before ? length - before : 0;
}

SEC("?tp_btf/inet_sock_set_state")
int on_state(u64 *ctx)
{
	u64 sk = number_of(ctx, 0);
	s32 from = ctx[1];
	s32 to = ctx[2];
	// What comes before accept returns belongs to the first read.
	if (to == TCP_ESTABLISHED && from == TCP_SYN_RECV)
		begin_path(sk, 1);
	else if (to == TCP_CLOSE)
		bpf_map_delete_elem(&paths, &sk);
	return 0;
}

SEC("?tp_btf/net_dev_queue")
int on_queue(u64 *ctx)
{
	struct sk_buff *skb = (struct sk_buff *)ctx[0];
	struct path *path = path_of((u64)BPF_CORE_READ(skb, sk));
	// A device on another one has it already.
	if (!path || path->device_at)
		return 0;
	u32 bytes = data_in(skb, BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, transport_header));
	if (bytes == 0)
		return 0;
	add(&path->sent[SUM_PACKETS], 1);
	add(&path->sent[SUM_BYTES], bytes);
	add(&path->sent[SUM_QUEUED], 1);
	path->queued_at = bpf_ktime_get_ns();
	return 0;
}

SEC("?tp_btf/net_dev_start_xmit")
int on_start_xmit(u64 *ctx)
{
	struct sk_buff *skb = (struct sk_buff *)ctx[0];
	u64 sk = (u64)BPF_CORE_READ(skb, sk);
	struct path *path = path_of(sk);
	struct on_processor *here = this_processor();
	if (!path || !here || path->queued_at == 0)
		return 0;
	u64 now = bpf_ktime_get_ns();
	add(&path->sent[SUM_READY], now - path->queued_at);
	path->sent[SUM_INTERFACE] = BPF_CORE_READ((struct net_device *)ctx[1], ifindex);
	path->device_at = path->queued_at;
	path->queued_at = 0;
	here->sending = (u64)skb;
	here->sending_of = sk;
	here->sending_at = now;
	return 0;
}

SEC("?tp_btf/net_dev_xmit")
int on_xmit(u64 *ctx)
{
	struct on_processor *here = this_processor();
	if (!here || here->sending != number_of(ctx, 0))
		return 0;
	struct path *path = path_of(here->sending_of);
	here->sending = 0;
	if (!path || path->device_at == 0)
		return 0;
	u64 now = bpf_ktime_get_ns();
	add(&path->sent[SUM_DEVICE], now - here->sending_at);
	add(&path->sent[SUM_L2], now - path->device_at);
	path->device_at = 0;
	return 0;
}

SEC("?tp_btf/netif_receive_skb")
int on_receive(u64 *ctx)
{
	u64 skb = number_of(ctx, 0);
	struct arrival *arrival = arrival_slot(skb);
	if (!arrival)
		return 0;
	__builtin_memset(arrival, 0, sizeof(*arrival));
	arrival->skb = skb;
	arrival->at = bpf_ktime_get_ns();
	return 0;
}

SEC("?tp_btf/tcp_probe")
int on_segment(u64 *ctx)
{
	u64 sk = number_of(ctx, 0);
	struct sk_buff *skb = (struct sk_buff *)ctx[1];
	struct path *path = path_of(sk);
	if (!path)
		return 0;
	u32 bytes = data_in(skb, BPF_CORE_READ(skb, data));
	if (bytes == 0)
		return 0;
	u64 now = bpf_ktime_get_ns();
	u64 *sums = path->received;
	add(&path->begun, 1);
	add(&sums[SUM_PACKETS], 1);
	add(&sums[SUM_BYTES], bytes);
	add(&sums[SUM_FROM_QUEUE], now);
	sums[SUM_INTERFACE] = BPF_CORE_READ(skb, skb_iif);
	struct on_processor *here = this_processor();
	if (here)
		here->receiver = sk;
	struct arrival *arrival = arrival_of(number_of(ctx, 1));
	if (arrival) {
		arrival->skb = 0;
		add(&sums[SUM_TO_QUEUE], now - arrival->at);
		add(&sums[SUM_OUTPUT], arrival->route_time);
		add(&sums[SUM_LOCAL], arrival->local_time);
		add(&sums[SUM_FILTER], arrival->filters);
		add(&sums[SUM_FILTER_TIME], arrival->filter_time);
	}
	add(&path->ended, 1);
	return 0;
}
