#include "tests/support/file.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

void test_data(struct strbuf *sb, const char *name)
{
	char path[512], piece[4096];
	size_t n;
	FILE *f;

	cr_assert_lt(snprintf(path, sizeof path, TEST_SOURCE_DIR "/tests/data/%s", name),
		     (int)sizeof path);
	f = fopen(path, "rb");
	cr_assert_not_null(f, "%s", path);
	while ((n = fread(piece, 1, sizeof piece, f)) > 0)
		strbuf_add(sb, piece, n);
	cr_assert_not(ferror(f), "%s", path);
	cr_assert_eq(fclose(f), 0);
}

char *test_line(char **text)
{
	char *line = *text, *end;

	if (!*line)
		return NULL;
	end = strchr(line, '\n');
	*text = end ? end + 1 : line + strlen(line);
	if (end)
		*end = '\0';
	return line;
}
