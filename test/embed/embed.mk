# Programs that embed kith, in C and in C++, and the example of kith.h: they see the public headers and
# the archive alone.

embed_flags = $(config) -Wall -Wextra -Werror -Iinclude -pthread
embed_programs := $(addprefix $(O)/embed/,two_runtimes_c two_runtimes_cc example)

$(O)/embed/two_runtimes_c: test/embed/two_runtimes.c $(archive) $(wildcard include/*.h)
	@mkdir -p $(@D)
	$(call say,link,$@)
	$(Q)$(CC) $(CFLAGS) $(std) $(embed_flags) -o $@ $< $(archive) $(libs)
$(O)/embed/two_runtimes_cc: test/embed/two_runtimes.c $(archive) $(wildcard include/*.h)
	@mkdir -p $(@D)
	$(call say,link,$@)
	$(Q)$(CXX) $(embed_flags) -o $@ -x c++ $< -x none $(archive) $(libs)

# The lines of the header's first comment that are indented by a tab, up to its first `Owns:`.
$(O)/embed/example.c: include/kith.h
	@mkdir -p $(@D)
	@awk 'BEGIN { print "#include <kith.h>\nint main(void)\n{" } \
		/Owns:/ { exit } sub(/^ \*\t/, "") { print } END { print "\treturn 0;\n}" }' $< > $@
$(O)/embed/example: $(O)/embed/example.c $(archive)
	$(call say,link,$@)
	$(Q)$(CC) $(CFLAGS) $(std) $(embed_flags) -o $@ $< $(archive) $(libs)

embed: $(embed_programs) ## programs in C and C++ that embed the library
	env $(san_env) $(O)/embed/two_runtimes_c test/embed/project
	env $(san_env) $(O)/embed/two_runtimes_cc test/embed/project

.PHONY: embed
