# usage: awk -v top=FOLDER -f init_files.awk FOLDER/PATH..
# Prints the C source of a table of files, each with its PATH and its text.

BEGIN {
	print "#include \"cli/cli.h\"\n\nconst struct ki_cli_file ki_cli_init_files[] = {"
}

FNR == 1 {
	printf "%s\t{\"%s\",", (NR > 1 ? "},\n" : ""), substr(FILENAME, length(top) + 2)
}

{
	gsub(/\\/, "\\\\")
	gsub(/"/, "\\\"")
	printf "\n\t\t\"%s\\n\"", $0
}

END {
	print "},\n};"
	print "const size_t ki_cli_nr_init_files =\n" \
		"\tsizeof(ki_cli_init_files) / sizeof(ki_cli_init_files[0]);"
}
