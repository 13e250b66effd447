// What is summed of a call. src/source/ebpf/events/path-sums.ts says the same; a test holds them together.
#pragma once

enum path_sum {
	SUM_PACKETS = 0, // with data; of retransmissions, too
	SUM_BYTES = 1,   // of the stream in them
	SUM_INTERFACE = 2,
	// Sent.
	SUM_QUEUED = 3,
	SUM_L2 = 4,
	SUM_READY = 5,
	SUM_DEVICE = 6,
	// Received.
	SUM_TO_QUEUE = 3,
	SUM_FROM_QUEUE = 4,
	// Both.
	SUM_L3 = 7,
	SUM_LOCAL = 8,
	SUM_OUTPUT = 9, // received: until routed
	SUM_MAC = 10,
	SUM_MAC_TIME = 11,
	SUM_FILTER = 12,
	SUM_FILTER_TIME = 13,
	SUM_L4 = 14,
	SUMS = 16,
};
