# The brokers' disks are sized for a quarter of a year. Whoever must keep more says so with the label `compliance: "yes"`,
# which a reviewer sees, and nobody keeps data for ever by a slip (`retention.ms: -1`).
package headgate

quarter := 7776000000

deny contains msg if {
	input.kind == "Topic"
	not input.labels.compliance == "yes"
	retention := to_number(input.spec.config["retention.ms"])
	beyond(quarter, retention)
	msg := sprintf("retention.ms is %v; more than 90 days (%d) needs the label `compliance: \"yes\"`", [retention, quarter])
}

beyond(limit, ms) if ms > limit

beyond(_, ms) if ms < 0
