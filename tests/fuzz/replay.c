/* Runs the inputs of a corpus through a fuzz target once, where libFuzzer is not there. */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool run_file(const char *dir, const char *name)
{
	char path[4096];
	uint8_t *data = NULL;
	size_t size = 0;
	FILE *f;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return false;
	f = fopen(path, "rb");
	if (!f)
		return false;
	if (fseek(f, 0, SEEK_END) == 0) {
		long end = ftell(f);

		size = end > 0 ? (size_t)end : 0;
		rewind(f);
		/* Exactly as long as the input: AddressSanitizer sees a read past its end. */
		data = malloc(size ? size : 1);
	}
	bool ok = data && fread(data, 1, size, f) == size;

	(void)fclose(f); /* read only */
	if (ok)
		(void)LLVMFuzzerTestOneInput(data, size); /* always 0: reserved */
	free(data);
	return ok;
}

int main(int argc, char **argv)
{
	DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
	const struct dirent *entry;
	unsigned long count = 0;

	if (!dir) {
		(void)fprintf(stderr, "usage: %s CORPUS\n", argv[0]); /* ends anyway */
		return 1;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (!run_file(argv[1], entry->d_name)) {
			perror(entry->d_name);
			return 1;
		}
		count++;
	}
	(void)closedir(dir); /* read only */
	(void)fprintf(stderr, "%lu inputs\n", count);
	return count ? 0 : 1;
}
