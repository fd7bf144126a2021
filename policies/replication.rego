# Three copies, two of which must confirm a write: with less, one broker that is restarted takes topics offline or loses
# what it alone had. A development cluster says so with the label `tier: dev` on the topic.
package headgate

deny contains msg if {
	input.kind == "Topic"
	not input.labels.tier == "dev"
	input.spec.replicationFactor < 3
	msg := sprintf("replicationFactor is %d; topics here need at least 3 (label `tier: dev` lifts this)", [input.spec.replicationFactor])
}

deny contains msg if {
	input.kind == "Topic"
	not input.labels.tier == "dev"
	to_number(input.spec.config["min.insync.replicas"]) >= input.spec.replicationFactor
	msg := "min.insync.replicas must be smaller than replicationFactor, or one broker that is restarted stops all producers"
}
