/*
 * tests/unit/fake_backend.h -- a TLS library that is none: clear frames, and a client that says
 * what the "library" shall do. It drives the core through every path of the contract, failures
 * included.
 *
 * A frame: type (one byte), length (two bytes, big-endian), payload.
 * Client: H script, E early data, F (finished; an alert number refuses), D data, C close_notify, A level
 * description, K (key update), N (renegotiate), P (certificate, after Q). Server: h, D, C, A as
 * above, K (the payload says whether one is asked for), R (please renegotiate), n (renegotiated), Q
 * (certificate request).
 *
 * The script of H, one line each, done in order:
 *   sni NAME | alpn NAME,NAME | psk IDENTITY | verify DEPTH ERROR | state LINE | message HEX |
 *   secret LABEL | version HEX | resumed | fail ALERT TEXT | store ID |
 *   early-rejected
 * A TLS ClientHello may come before H; it is passed over (the core has parsed it).
 *
 * Environment of the server: FAKE_FAIL_AT=n makes the n-th call that may fail do so,
 * FAKE_MESSAGES=1 claims that the library reports messages and states, FAKE_CTX=fail|unsupported,
 * FAKE_PLAIN=1 takes every optional operation away.
 */
#ifndef S_SERVER_TESTS_FAKE_BACKEND_H
#define S_SERVER_TESTS_FAKE_BACKEND_H

#include "core/tls_backend.h"

enum { FRAME_HEADER = 3, FRAME_MAX = 16384 };

/* As the environment says; call once. */
const struct tls_backend *fake_backend(void);

#endif
