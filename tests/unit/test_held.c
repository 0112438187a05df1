#include "core/held.h"

#include <criterion/criterion.h>
#include <string.h>

static const uint8_t text[] = "before and after";

Test(held, gives_back_in_order)
{
	struct held h = {0};
	char out[32] = "";
	size_t done;

	cr_expect_not(held_any(&h));
	cr_expect(held_add(&h, text, 7));
	cr_expect(held_add(&h, text + 7, sizeof(text) - 7));
	held_take(&h, out, 3, &done);
	cr_expect_eq(done, 3);
	cr_expect(held_any(&h));
	held_take(&h, out + 3, sizeof(out) - 3, &done);
	cr_expect_eq(done, sizeof(text) - 3);
	cr_expect_str_eq(out, (const char *)text);
	cr_expect_not(held_any(&h));
	cr_expect_null(h.p);
}

Test(held, has_a_limit)
{
	static const uint8_t much[1 << 16];
	struct held h = {0};

	for (int i = 0; i < 4; i++)
		cr_expect(held_add(&h, much, sizeof(much)));
	cr_expect_not(held_add(&h, much, 1));
	held_release(&h);
	cr_expect_not(held_any(&h));
}
