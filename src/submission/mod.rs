//! Submissions: what the domestic system puts on the queue.
