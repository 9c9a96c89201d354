/* Zones found by name in a folder made for the test, and the local zone. */
#define _POSIX_C_SOURCE 200809L
#include "kith_test.h"

#include <kith_types.h>

#include "sys/thread.h"
#include "time/zones.h"
#include "zone_folder.h"

#define JULY INT64_C(1784116800)

struct folder {
	struct zone_folder made;
	struct ki_zones zones;
};

static void folder_init(struct folder *folder) {
	zone_folder_init(&folder->made);
	ki_zones_init(&folder->zones, folder->made.path);
}

static void folder_fini(struct folder *folder) {
	ki_zones_fini(&folder->zones);
	ki_zones_fini(&folder->zones); /* once more does nothing */
	zone_folder_fini(&folder->made);
}

TEST(zones, a_zone_is_read_once) {
	struct folder folder;
	folder_init(&folder);
	const struct ki_location *first, *second;
	OK(ki_zones_load(&folder.zones, ki_strv("Europe/Berlin"), &first));
	unlink(folder.made.berlin);
	OK(ki_zones_load(&folder.zones, ki_strv("Europe/Berlin"), &second));
	EQ_PTR(first, second);
	EQ_STR(first->name, "Europe/Berlin");
	EQ_INT(ki_location_offset(first, JULY), 7200);
	folder_fini(&folder);
}

TEST(zones, utc_and_local_need_no_file) {
	struct ki_zones zones;
	const struct ki_location *location;
	ki_zones_init(&zones, "/nowhere");
	OK(ki_zones_load(&zones, ki_strv("UTC"), &location));
	EQ_STR(location->name, "UTC");
	OK(ki_zones_load(&zones, ki_strv("Local"), &location));
	EQ_STR(location->name, "Local");
	EQ_STR(ki_location_at(location, 0).abbrev, "UTC");
	EQ_PTR(location, ki_zones_local(&zones));
	ki_zones_fini(&zones);
}

TEST(zones, a_name_stays_in_the_folder) {
	static const char *const names[] = {"", "Mars/Base", "Europe", "zone.tab", "/etc/localtime",
		"../Europe/Berlin", "Europe/../Europe/Berlin", "Europe//Berlin", "./Europe/Berlin",
		"Europe/Berlin/", "Europe/Berlin/x", "utc", "Europe\\Berlin", "Europe/B erlin"};
	struct folder folder;
	folder_init(&folder);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const struct ki_location *location = NULL;
		STATUS(ki_zones_load(&folder.zones, ki_strv(names[i]), &location), KITH_ENOTFOUND);
		IS_NULL(location);
	}
	const struct ki_location *location;
	STATUS(ki_zones_load(&folder.zones, ki_strv_n("Europe/Berlin\0x", 15), &location),
		KITH_ENOTFOUND);
	folder_fini(&folder);
}

static int local_offset(const struct ki_zones *zones) {
	EQ_STR(ki_zones_local(zones)->name, "Local");
	return ki_location_offset(ki_zones_local(zones), JULY);
}

TEST(zones, the_local_zone_is_a_name_a_path_or_a_rule) {
	struct folder folder;
	folder_init(&folder);
	struct ki_zones *zones = &folder.zones;
	EQ_INT(local_offset(zones), 0);
	OK(ki_zones_set_local(zones, ki_strv("Europe/Berlin")));
	EQ_INT(local_offset(zones), 7200);
	OK(ki_zones_set_local(zones, ki_strv("EST5EDT,M3.2.0,M11.1.0")));
	EQ_INT(local_offset(zones), -14400);
	OK(ki_zones_set_local(zones, ki_strv(":Europe/Berlin")));
	EQ_INT(local_offset(zones), 7200);
	OK(ki_zones_set_local(zones, ki_strv("UTC")));
	EQ_INT(local_offset(zones), 0);
	OK(ki_zones_set_local(zones, ki_strv(folder.made.berlin)));
	EQ_INT(local_offset(zones), 7200);
	STATUS(ki_zones_set_local(zones, ki_strv("Mars/Base")), KITH_ENOTFOUND);
	STATUS(ki_zones_set_local(zones, ki_strv("/nowhere")), KITH_ENOTFOUND);
	STATUS(ki_zones_set_local(zones, ki_strv(folder.made.table)), KITH_ENOTFOUND);
	EQ_INT(local_offset(zones), 7200);
	OK(ki_zones_set_local(zones, ki_strv("")));
	EQ_INT(local_offset(zones), 0);
	folder_fini(&folder);
}

TEST(zones, the_machine_has_a_local_zone_or_utc) {
	struct folder folder;
	folder_init(&folder);
	OK(ki_zones_set_machine_local(&folder.zones, folder.made.berlin));
	EQ_INT(local_offset(&folder.zones), 7200);
	OK(ki_zones_set_machine_local(&folder.zones, "/nowhere/localtime"));
	EQ_INT(local_offset(&folder.zones), 0);
	OK(ki_zones_set_machine_local(&folder.zones, NULL));
	local_offset(&folder.zones);
	folder_fini(&folder);
}

struct loader {
	struct ki_zones *zones;
	const struct ki_location *got;
	struct ki_thread thread;
};

static void load_often(void *arg) {
	struct loader *loader = arg;
	for (int i = 0; i < 200; i++) {
		const struct ki_location *got;
		OK(ki_zones_load(loader->zones, ki_strv("Europe/Berlin"), &got));
		TRUE(loader->got == NULL || loader->got == got);
		loader->got = got;
	}
}

TEST(zones, threads_that_load_at_once_get_the_same) {
	struct folder folder;
	folder_init(&folder);
	struct loader loaders[4] = {{0}};
	for (int i = 0; i < 4; i++) {
		loaders[i].zones = &folder.zones;
		OK(ki_thread_start(&loaders[i].thread, load_often, &loaders[i], 0));
	}
	for (int i = 0; i < 4; i++) {
		ki_thread_join(&loaders[i].thread);
		EQ_PTR(loaders[i].got, loaders[0].got);
	}
	EQ_UINT(folder.zones.nr, 1);
	folder_fini(&folder);
}
