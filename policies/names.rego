# How topics are called here, so that a name tells whose it is: words in lower case, joined by dots or dashes.
# Kafka itself would take `My_Topic`, and metrics would then show it as the twin of `My.Topic`.
package headgate

deny contains msg if {
	input.kind == "Topic"
	not regex.match(`^[a-z][a-z0-9]*([.-][a-z0-9]+)*$`, input.name)
	msg := sprintf("%q is no name of ours: lower-case words joined by '.' or '-'", [input.name])
}
