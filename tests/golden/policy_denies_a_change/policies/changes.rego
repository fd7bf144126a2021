package headgate

# Nobody deletes or shrinks by accident what is labelled precious.
deny_change contains msg if {
	input.action == "delete"
	startswith(input.name, "ledger.")
	msg := sprintf("%s is kept for the auditors", [input.name])
}

deny_change contains "partitions of a keyed topic stay as they are" if {
	input.labels.keyed == "yes"
	some field in input.fields
	field.path == "partitions"
	field.live != null
}
