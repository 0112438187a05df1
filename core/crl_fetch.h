/*
 * core/crl_fetch.h -- -crl_download: the CRLs that a client's certificate says where to find.
 */
#ifndef S_SERVER_CORE_CRL_FETCH_H
#define S_SERVER_CORE_CRL_FETCH_H

#include "core/conn.h"

/* The first http URI of cRLDistributionPoints, or of freshestCRL; borrows from cert. */
bool crl_fetch_point(struct bytes cert, bool freshest, struct bytes *uri);

/*
 * tls_host.crls. The library asks in the middle of a handshake and cannot be told to wait, so all of
 * this worker's connections do: at most CRL_FETCH_MS for one connection, and as long as the resolver
 * takes for a name.
 */
enum { CRL_FETCH_MS = 5000 };
size_t crl_fetch(struct conn *c, struct bytes cert, struct bytes list[TLS_MAX_CRLS]);
/* Free what was fetched. */
void crl_fetch_release(struct conn *c);

#endif
