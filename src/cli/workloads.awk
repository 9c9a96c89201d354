# usage: awk -F '\t' -f workloads.awk bench/workloads.tsv
# Prints the C source of the table ki_cli_workloads.

BEGIN {
	print "#include \"cli/cli.h\"\n\nconst struct ki_cli_workload ki_cli_workloads[] = {"
}

!/^#/ {
	printf "\t{\"%s\", \"%s\", \"%s\", \"%s\", \"%s\"},\n", $1, $2, $4, $5, $6
}

END {
	print "};\nconst size_t ki_cli_nr_workloads =\n" \
		"\tsizeof(ki_cli_workloads) / sizeof(ki_cli_workloads[0]);"
}
