#include "tests/support/text.h"

#include <criterion/criterion.h>
#include <string.h>

void assert_has(const char *text, const char *part)
{
	cr_assert(strstr(text, part), "no <%s> in:\n%s", part, text);
}

void assert_lacks(const char *text, const char *part)
{
	cr_assert(!strstr(text, part), "<%s> in:\n%s", part, text);
}

size_t text_count(const char *text, const char *part)
{
	size_t n = 0;

	for (const char *p = text; (p = strstr(p, part)); p += strlen(part))
		n++;
	return n;
}
