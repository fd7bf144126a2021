package headgate

deny_change contains "brokers are set up by hand" if input.kind == "BrokerConfig"

deny_change contains "it stays where it is" if {
	input.labels.moves == "never"
	some field in input.fields
	field.path == "placement"
}

deny_change contains "throttles are nobody's business" if {
	some field in input.fields
	contains(field.path, "throttled")
}
