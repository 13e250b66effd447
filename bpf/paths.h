// How long what moves on a connection takes in each layer, and how many packets it is: by tracepoints, which every kernel has, and by
// functions of the kernel where these may be watched. Each program is optional: without it its sums are 0.
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

// Functions that were entered: by the packet, or the stack's address where the return knows no arguments.
struct entered {
	u64 at;
	u64 owner; // a socket, or the packet that came in
	u32 is_arrival;
	u32 pad;
};

struct entered_key {
	u64 at;
	u64 what;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct entered_key);
	__type(value, struct entered);
} functions SEC(".maps");

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
	record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);
	if (!record) {
		count(LOST_RING_FULL, 1);
		return 0;
	}
	record->h = state->h;
	record->h.type = RECORD_PATH;
	record->h.conn = conn;
	record->h.direction = direction;
	record->h.size = 0;
	record->h.captured = 0;
	for (u32 i = 0; i < SUMS; i++)
		record->sums[i] = __sync_lock_test_and_set(&sums[i], 0);
	// What was added are the times at which packets were there.
	if (direction == READ)
		record->sums[SUM_FROM_QUEUE] =
			record->sums[SUM_PACKETS] * bpf_ktime_get_ns() - record->sums[SUM_FROM_QUEUE];
	bpf_ringbuf_submit(record, submit_flags());
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
	add(&sums[SUM_PACKETS], 1);
	add(&sums[SUM_BYTES], bytes);
	add(&sums[SUM_FROM_QUEUE], now);
	sums[SUM_INTERFACE] = BPF_CORE_READ(skb, skb_iif);
	struct on_processor *here = this_processor();
	if (here)
		here->receiver = sk;
	struct arrival *arrival = arrival_of(number_of(ctx, 1));
	if (!arrival)
		return 0;
	arrival->skb = 0;
	add(&sums[SUM_TO_QUEUE], now - arrival->at);
	add(&sums[SUM_OUTPUT], arrival->route_time);
	add(&sums[SUM_LOCAL], arrival->local_time);
	add(&sums[SUM_FILTER], arrival->filters);
	add(&sums[SUM_FILTER_TIME], arrival->filter_time);
	return 0;
}

enum function { IN_IP_SEND = 1, IN_NEIGHBOUR = 2, IN_FILTER = 3 };

static __always_inline int enter(u64 key, u32 what, u64 owner, u32 is_arrival)
{
	struct entered_key at = {key, what};
	struct entered entered = {bpf_ktime_get_ns(), owner, is_arrival, 0};
	bpf_map_update_elem(&functions, &at, &entered, BPF_ANY);
	return 0;
}

// Adds the time since it was entered.
static __always_inline int leave(u64 key, u32 what, u32 count_sum, u32 time_sum)
{
	struct entered_key at = {key, what};
	struct entered *entered = bpf_map_lookup_elem(&functions, &at);
	if (!entered)
		return 0;
	u64 took = bpf_ktime_get_ns() - entered->at;
	if (entered->is_arrival) {
		struct arrival *arrival = arrival_of(entered->owner);
		if (arrival) {
			arrival->filters++;
			arrival->filter_time += took;
		}
	} else {
		struct path *path = path_of(entered->owner);
		if (path) {
			if (count_sum)
				add(&path->sent[count_sum], 1);
			add(&path->sent[time_sum], took);
		}
	}
	bpf_map_delete_elem(&functions, &at);
	return 0;
}

static __always_inline int enter_ip_send(u64 key, u64 sk, u64 packet)
{
	struct sk_buff *skb = (struct sk_buff *)packet;
	struct path *path = path_of(sk);
	if (!path)
		return 0;
	path->local_at = 0;
	path->output_at = 0;
	if (data_in(skb, BPF_CORE_READ(skb, data)) == 0)
		return 0;
	// A packet with data is on its way down.
	path->local_at = bpf_ktime_get_ns();
	return enter(key, IN_IP_SEND, sk, 0);
}

static __always_inline int pass_local_out(u64 sk)
{
	struct path *path = path_of(sk);
	if (path && path->local_at)
		path->local_at = bpf_ktime_get_ns();
	return 0;
}

static __always_inline int pass_output(u64 sk)
{
	struct path *path = path_of(sk);
	if (!path || path->local_at == 0)
		return 0;
	path->output_at = bpf_ktime_get_ns();
	add(&path->sent[SUM_LOCAL], path->output_at - path->local_at);
	path->local_at = 0;
	return 0;
}

static __always_inline int pass_finish_output(u64 sk)
{
	struct path *path = path_of(sk);
	if (!path || path->output_at == 0)
		return 0;
	add(&path->sent[SUM_OUTPUT], bpf_ktime_get_ns() - path->output_at);
	path->output_at = 0;
	return 0;
}

static __always_inline int enter_neighbour(u64 key, u64 packet)
{
	u64 sk = (u64)BPF_CORE_READ((struct sk_buff *)packet, sk);
	return path_of(sk) ? enter(key, IN_NEIGHBOUR, sk, 0) : 0;
}

#define NF_INET_LOCAL_OUT 3

static __always_inline int enter_filter(u64 key, u64 packet, u64 hook_state)
{
	u32 hook = BPF_CORE_READ((struct nf_hook_state *)hook_state, hook);
	if (hook < NF_INET_LOCAL_OUT)
		return arrival_of(packet) ? enter(key, IN_FILTER, packet, 1) : 0;
	u64 sk = (u64)BPF_CORE_READ((struct sk_buff *)packet, sk);
	struct path *path = path_of(sk);
	// Packets without data are not counted anywhere.
	return path && (path->local_at || path->output_at) ? enter(key, IN_FILTER, sk, 0) : 0;
}

static __always_inline int pass_ip_receive(u64 packet)
{
	struct on_processor *here = this_processor();
	struct arrival *arrival = arrival_of(packet);
	if (!here)
		return 0;
	here->receiver = 0;
	here->ip_at = bpf_ktime_get_ns();
	if (arrival)
		arrival->ip_at = here->ip_at;
	return 0;
}

static __always_inline int leave_ip_receive(void)
{
	struct on_processor *here = this_processor();
	if (!here || here->ip_at == 0)
		return 0;
	struct path *path = path_of(here->receiver);
	if (path)
		add(&path->received[SUM_L3], bpf_ktime_get_ns() - here->ip_at);
	here->ip_at = 0;
	here->receiver = 0;
	return 0;
}

static __always_inline int pass_deliver(u64 packet)
{
	struct arrival *arrival = arrival_of(packet);
	if (!arrival)
		return 0;
	arrival->local_at = bpf_ktime_get_ns();
	// ip_rcv_finish, where routes are found, is mostly a part of ip_rcv.
	if (arrival->ip_at)
		arrival->route_time = arrival->local_at - arrival->ip_at;
	return 0;
}

static __always_inline int pass_delivered(u64 packet)
{
	struct arrival *arrival = arrival_of(packet);
	if (arrival && arrival->local_at)
		arrival->local_time += bpf_ktime_get_ns() - arrival->local_at;
	return 0;
}

static __always_inline int pass_tcp_receive(void)
{
	struct on_processor *here = this_processor();
	if (here) {
		here->receiver = 0;
		here->tcp_at = bpf_ktime_get_ns();
	}
	return 0;
}

static __always_inline int leave_tcp_receive(void)
{
	struct on_processor *here = this_processor();
	if (!here || here->tcp_at == 0)
		return 0;
	struct path *path = path_of(here->receiver);
	if (path)
		add(&path->received[SUM_L4], bpf_ktime_get_ns() - here->tcp_at);
	here->tcp_at = 0;
	return 0;
}

// In the thread that calls it, which may sleep there.
static __always_inline int enter_send(u64 sk)
{
	struct task_state *state = watched_task(bpf_get_current_task_btf());
	if (state) {
		state->send_at = bpf_ktime_get_ns();
		state->send_of = sk;
	}
	return 0;
}

static __always_inline int leave_send(void)
{
	struct task_state *state = watched_task(bpf_get_current_task_btf());
	if (!state || state->send_at == 0)
		return 0;
	struct path *path = path_of(state->send_of);
	if (path)
		add(&path->sent[SUM_L4], bpf_ktime_get_ns() - state->send_at);
	state->send_at = 0;
	return 0;
}

// A function of the kernel, by fentry and by kprobe. `key` finds what was entered when it returns.
#define ENTRY(name, function, from_arguments, from_registers)                                              \
	SEC("?fentry/" #function) int fentry_##name(u64 *ctx) { return from_arguments; }                    \
	SEC("?kprobe/" #function) int kprobe_##name(struct pt_regs *ctx) { return from_registers; }
#define RETURN(name, function, from_arguments, from_registers)                                             \
	SEC("?fexit/" #function) int fexit_##name(u64 *ctx) { return from_arguments; }                      \
	SEC("?kretprobe/" #function) int kretprobe_##name(struct pt_regs *ctx) { return from_registers; }

ENTRY(tcp_sendmsg, tcp_sendmsg, enter_send(number_of(ctx, 0)), enter_send(CALL_1(ctx)))
RETURN(tcp_sendmsg, tcp_sendmsg, leave_send(), leave_send())
ENTRY(ip_send, __ip_queue_xmit, enter_ip_send(number_of(ctx, 1), number_of(ctx, 0), number_of(ctx, 1)), enter_ip_send(STACK_AT_ENTRY(ctx), CALL_1(ctx), CALL_2(ctx)))
RETURN(ip_send, __ip_queue_xmit, leave(number_of(ctx, 1), IN_IP_SEND, 0, SUM_L3), leave(STACK_AT_RETURN(ctx), IN_IP_SEND, 0, SUM_L3))
ENTRY(ip6_send, inet6_csk_xmit, enter_ip_send(number_of(ctx, 1), number_of(ctx, 0), number_of(ctx, 1)), enter_ip_send(STACK_AT_ENTRY(ctx), CALL_1(ctx), CALL_2(ctx)))
RETURN(ip6_send, inet6_csk_xmit, leave(number_of(ctx, 1), IN_IP_SEND, 0, SUM_L3), leave(STACK_AT_RETURN(ctx), IN_IP_SEND, 0, SUM_L3))
ENTRY(local_out, __ip_local_out, pass_local_out(number_of(ctx, 1)), pass_local_out(CALL_2(ctx)))
ENTRY(local_out6, __ip6_local_out, pass_local_out(number_of(ctx, 1)), pass_local_out(CALL_2(ctx)))
ENTRY(output, ip_output, pass_output(number_of(ctx, 1)), pass_output(CALL_2(ctx)))
ENTRY(output6, ip6_output, pass_output(number_of(ctx, 1)), pass_output(CALL_2(ctx)))
ENTRY(finish_output, ip_finish_output2, pass_finish_output(number_of(ctx, 1)), pass_finish_output(CALL_2(ctx)))
ENTRY(finish_output6, ip6_finish_output2, pass_finish_output(number_of(ctx, 1)), pass_finish_output(CALL_2(ctx)))
ENTRY(neighbour, neigh_resolve_output, enter_neighbour(number_of(ctx, 1), number_of(ctx, 1)), enter_neighbour(STACK_AT_ENTRY(ctx), CALL_2(ctx)))
RETURN(neighbour, neigh_resolve_output, leave(number_of(ctx, 1), IN_NEIGHBOUR, SUM_MAC, SUM_MAC_TIME), leave(STACK_AT_RETURN(ctx), IN_NEIGHBOUR, SUM_MAC, SUM_MAC_TIME))
ENTRY(filter, nf_hook_slow, enter_filter(number_of(ctx, 0), number_of(ctx, 0), number_of(ctx, 1)), enter_filter(STACK_AT_ENTRY(ctx), CALL_1(ctx), CALL_2(ctx)))
RETURN(filter, nf_hook_slow, leave(number_of(ctx, 0), IN_FILTER, SUM_FILTER, SUM_FILTER_TIME), leave(STACK_AT_RETURN(ctx), IN_FILTER, SUM_FILTER, SUM_FILTER_TIME))
ENTRY(ip_receive, ip_rcv, pass_ip_receive(number_of(ctx, 0)), pass_ip_receive(CALL_1(ctx)))
RETURN(ip_receive, ip_rcv, leave_ip_receive(), leave_ip_receive())
ENTRY(ip6_receive, ipv6_rcv, pass_ip_receive(number_of(ctx, 0)), pass_ip_receive(CALL_1(ctx)))
RETURN(ip6_receive, ipv6_rcv, leave_ip_receive(), leave_ip_receive())
ENTRY(deliver, ip_local_deliver, pass_deliver(number_of(ctx, 0)), pass_deliver(CALL_1(ctx)))
ENTRY(deliver6, ip6_input, pass_deliver(number_of(ctx, 0)), pass_deliver(CALL_1(ctx)))
ENTRY(delivered, ip_local_deliver_finish, pass_delivered(number_of(ctx, 2)), pass_delivered(CALL_3(ctx)))
ENTRY(delivered6, ip6_input_finish, pass_delivered(number_of(ctx, 2)), pass_delivered(CALL_3(ctx)))
ENTRY(tcp_receive, tcp_v4_rcv, pass_tcp_receive(), pass_tcp_receive())
RETURN(tcp_receive, tcp_v4_rcv, leave_tcp_receive(), leave_tcp_receive())
ENTRY(tcp_receive6, tcp_v6_rcv, pass_tcp_receive(), pass_tcp_receive())
RETURN(tcp_receive6, tcp_v6_rcv, leave_tcp_receive(), leave_tcp_receive())
