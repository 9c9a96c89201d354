/* The local zone: who decides it (SPEC 11.6). */
#define _XOPEN_SOURCE 700 /* nftw */
#include "api_fixture.h"

#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"
#define INDIA "IST-5:30"

/* What a program sees of local time on real threads with these options and this kith.yaml. */
static void expect(
	const char *timezone, const char *default_timezone, const char *yaml, const char *want) {
	struct app app;
	app_init(&app);
	app.options.simulate = 0;
	app.options.timezone = timezone;
	app.options.default_timezone = default_timezone;
	if (yaml) {
		folder_write(&app.folder, "kith.yaml", yaml);
	}
	app_process(&app, "main",
		"return function()\n"
		"return time.unix(0, 0):format('15:04 MST') .. os.date(' %H %Z', 0)\n"
		"end\n",
		"");
	struct kith_outcome outcome = app_run(&app, 0, NULL);
	EQ_STR(outcome.output, want);
	app_fini(&app);
}

TEST(timezone, the_option_comes_before_the_project_and_that_before_the_default) {
	expect(INDIA, BERLIN, "timezone: UTC\n", "05:30 IST 05 IST\n");
	expect(NULL, BERLIN, "timezone: " INDIA "\n", "05:30 IST 05 IST\n");
	expect(NULL, BERLIN, NULL, "01:00 CET 01 CET\n");
	expect(NULL, "", NULL, "00:00 UTC 00 UTC\n");
	expect("", BERLIN, NULL, "00:00 UTC 00 UTC\n");
}

TEST(timezone, of_a_simulation_is_utc) {
	struct app app;
	app_init(&app);
	app.options.timezone = INDIA;
	app_process(&app, "main", "return function() return tostring(time.now()) end\n", "");
	EQ_STR(app_run(&app, 0, NULL).output, "2020-01-01T00:00:00Z\n");
	app_fini(&app);
}

TEST(timezone, one_that_does_not_exist_is_told) {
	struct kith_options options = kith_options();
	struct kith_runtime *runtime = NULL;
	options.timezone = "Mars/Base";
	STATUS(kith_open(&options, &runtime), KITH_ENOTFOUND);
	IS_NULL(runtime);

	struct app app;
	app_init(&app);
	app.options.default_timezone = "Mars/Base"; /* passed over */
	folder_write(&app.folder, "kith.yaml", "log: {level: warn}\ntimezone: Mars/Base\n");
	OK(kith_open(&app.options, &app.runtime));
	STATUS(kith_load(app.runtime, app.folder.dir), KITH_EINVAL);
	EQ_UINT(kith_diag_count(app.runtime), 1);
	struct kith_diag diag;
	OK(kith_diag_get(app.runtime, 0, &diag));
	char text[256];
	kith_diag_format(&diag, text, sizeof(text));
	EQ_STR(text, "kith.yaml:2:11: time zone \"Mars/Base\"; expected the name of a time zone, "
		     "such as Europe/Berlin");
	app_fini(&app);
}
