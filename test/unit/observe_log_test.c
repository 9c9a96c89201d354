/* Log lines. */
#include "kith_test.h"

#include "observe/log.h"

struct seen {
	int calls;
	enum ki_log_level level;
	char text[512];
};

static void keep(void *user, enum ki_log_level level, const char *line, size_t len) {
	struct seen *seen = user;
	seen->calls++;
	seen->level = level;
	TRUE(len < sizeof(seen->text));
	memcpy(seen->text, line, len);
	seen->text[len] = '\0';
}

static int64_t at_ten(void *user) {
	(void)user;
	return INT64_C(1777629600123456789);
}

TEST(log, a_line_has_the_documented_form) {
	struct seen seen = {0};
	struct ki_log log;
	ki_log_init(&log, KI_LOG_INFO, keep, &seen, at_ten, NULL);
	struct ki_log_field fields[] = {{"workers", "4", KI_LOG_JSON},
		{"text", "two words", KI_LOG_PLAIN}, {"empty", "", KI_LOG_PLAIN},
		{"entry", "x:y", KI_LOG_JSON_ALONE}, {"quote", "a\"b\\", KI_LOG_PLAIN},
		{"path", "a/b:c", KI_LOG_PLAIN}};
	ki_log_write(&log, KI_LOG_INFO, "host", "started", 6, fields);
	EQ_STR(seen.text,
		"2026-05-01T10:00:00.123Z INFO  host  started  workers=4 text=\"two words\" "
		"empty=\"\" quote=\"a\\\"b\\\\\" path=a/b:c\n");
	EQ_INT(seen.calls, 1);
	EQ_INT(seen.level, KI_LOG_INFO);
	ki_log_write(&log, KI_LOG_ERROR, "core", "no fields", 0, NULL);
	EQ_STR(seen.text, "2026-05-01T10:00:00.123Z ERROR core  no fields\n");
}

TEST(log, a_line_stays_one_line) {
	struct seen seen = {0};
	struct ki_log log;
	ki_log_init(&log, KI_LOG_DEBUG, keep, &seen, at_ten, NULL);
	struct ki_log_field field = {"k", "a\nb\x01", KI_LOG_PLAIN};
	ki_log_write(&log, KI_LOG_WARN, "x", "first\nsecond", 1, &field);
	EQ_STR(seen.text, "2026-05-01T10:00:00.123Z WARN  x  first\\nsecond  k=\"a\\nb\\x01\"\n");
}

TEST(log, lines_below_the_threshold_are_not_written) {
	struct seen seen = {0};
	struct ki_log log;
	ki_log_init(&log, KI_LOG_WARN, keep, &seen, at_ten, NULL);
	ki_log_write(&log, KI_LOG_INFO, "x", "m", 0, NULL);
	EQ_INT(seen.calls, 0);
	FALSE(ki_log_enabled(&log, KI_LOG_DEBUG));
	TRUE(ki_log_enabled(&log, KI_LOG_ERROR));
	ki_log_init(&log, KI_LOG_OFF, keep, &seen, at_ten, NULL);
	FALSE(ki_log_enabled(&log, KI_LOG_ERROR));
	ki_log_init(&log, KI_LOG_DEBUG, NULL, NULL, NULL, NULL);
	FALSE(ki_log_enabled(&log, KI_LOG_ERROR));
}

TEST(log, levels_have_names) {
	enum ki_log_level level = KI_LOG_OFF;
	TRUE(ki_log_level_parse("debug", &level));
	EQ_INT(level, KI_LOG_DEBUG);
	TRUE(ki_log_level_parse("off", &level));
	EQ_INT(level, KI_LOG_OFF);
	FALSE(ki_log_level_parse("loud", &level));
	EQ_INT(level, KI_LOG_OFF);
}

TEST(log, a_line_may_be_a_json_object) {
	struct seen seen = {0};
	struct ki_log log;
	ki_log_init(&log, KI_LOG_OFF, keep, &seen, at_ten, NULL);
	ki_log_set(&log, KI_LOG_DEBUG, true);
	struct ki_log_field fields[] = {{"n", "4", KI_LOG_JSON},
		{"text", "a\"\n\x01", KI_LOG_PLAIN},
		{"entry", "x:y", KI_LOG_JSON_ALONE}, {"list", "[1,2]", KI_LOG_JSON},
		{"msg", "own", KI_LOG_PLAIN}, {"n", "again", KI_LOG_PLAIN}};
	ki_log_write(&log, KI_LOG_WARN, "a.b", "say \"hi\"", 6, fields);
	EQ_STR(seen.text,
		"{\"ts\":\"2026-05-01T10:00:00.123Z\",\"level\":\"warn\",\"logger\":\"a.b\","
		"\"msg\":\"say \\\"hi\\\"\",\"n\":4,\"text\":\"a\\\"\\n\\u0001\",\"entry\":\"x:y\","
		"\"list\":[1,2],\"msg_\":\"own\",\"n_\":\"again\"}\n");
	ki_log_write(&log, KI_LOG_DEBUG, "", "", 0, NULL);
	EQ_STR(seen.text,
		"{\"ts\":\"2026-05-01T10:00:00.123Z\",\"level\":\"debug\",\"logger\":\"\","
		"\"msg\":\"\"}\n");
}
