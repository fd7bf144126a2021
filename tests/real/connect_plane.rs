//! The Connect plane against Kafka Connect itself.
