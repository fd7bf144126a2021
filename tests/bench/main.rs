//! `make bench`: Headgate's figures on a real Kafka, each beside the bare requests of the same run.

fn main() {}
