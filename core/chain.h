/*
 * core/chain.h -- completing the chain that the server sends.
 *
 * OpenSSL completes it from its trusted certificates when none was configured, root included; no
 * other library does, so the core does it for all of them. Issuers are found by name and, where
 * both certificates have them, key identifiers; signatures are for the client to check.
 */
#ifndef S_SERVER_CORE_CHAIN_H
#define S_SERVER_CORE_CHAIN_H

#include "core/bytes.h"

enum { CHAIN_MAX = 32 };

/*
 * The certificates above `cert`, taken from `store`, in *chain (CHAIN_MAX entries that borrow from
 * the store); the result is their number. *complete: the last one, or cert itself, is self-issued.
 */
size_t chain_build(struct bytes cert, const struct bytes *store, size_t n_store,
		   struct bytes chain[CHAIN_MAX], bool *complete);

#endif
