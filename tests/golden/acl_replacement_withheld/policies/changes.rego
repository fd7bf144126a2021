package headgate

# Payments are opened by hand.
deny_change contains "nobody is let near payments" if {
	input.kind == "Acl"
	contains(input.name, "payments")
}
