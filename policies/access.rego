# Access that nobody should get by a slip. `User:*` is everybody who can log in, and a `*` for writing is every topic there is
# and will be; whoever must have that says so with an ACL of its own for each, or is an administrator by `admin: cluster`.
package headgate

deny contains msg if {
	input.kind == "Acl"
	input.spec.permission == "allow"
	input.spec.principal == "User:*"
	msg := "this allows it to everybody; name the users"
}

deny contains msg if {
	input.kind == "Acl"
	input.spec.permission == "allow"
	input.spec.operation == "Write"
	input.spec.resource.name == "*"
	msg := "this allows writing to everything; name a topic, or the beginning of names with `pattern: prefixed`"
}
