# The brokers' disks are sized for a week. Whoever needs more says so with the label `retention: long`, which a reviewer
# sees, and nobody keeps data for ever by a slip (`retention.ms: -1`).
package headgate

week := 604800000

deny contains msg if {
	input.kind == "Topic"
	not input.labels.retention == "long"
	retention := to_number(input.spec.config["retention.ms"])
	beyond_a_week(retention)
	msg := sprintf("retention.ms is %v; more than a week (%d) needs the label `retention: long`", [retention, week])
}

beyond_a_week(ms) if ms > week

beyond_a_week(ms) if ms < 0
