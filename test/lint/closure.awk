# usage: awk -f test/lint/closure.awk src/LAYERS
# Prints for make what each module may reach, directly or through others, itself included:
# `below_mem := base sys arch sync mem`. A test of a module is linked with these and no others.
{ sub(/#.*/, "") }
NF {
	m = $1
	sub(/:$/, "", m)
	names = ""
	for (i = 2; i <= NF; i++) {
		k = split(below[$i], d, " ")
		for (j = 1; j <= k; j++) {
			if (index(" " names " ", " " d[j] " ") == 0) {
				names = names " " d[j]
			}
		}
	}
	below[m] = names " " m
	# The command reaches the library through its archive; its tests are linked with all of it.
	print "below_" m " :=" (m == "cli" ? all " cli" : below[m])
	all = all " " m
}
