# usage: awk -v name=NAME -v top=FOLDER -f files.awk FOLDER/PATH..
# Prints the C source of the table ki_cli_NAME_files: files, each with its PATH and its text.

BEGIN {
	printf "#include \"cli/cli.h\"\n\nconst struct ki_cli_file ki_cli_%s_files[] = {\n", name
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
	printf "const size_t ki_cli_nr_%s_files =\n" \
		"\tsizeof(ki_cli_%s_files) / sizeof(ki_cli_%s_files[0]);\n", name, name, name
}
