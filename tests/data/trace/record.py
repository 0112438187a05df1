#!/usr/bin/env python3
"""record.py COMMAND...: ClientHellos, and what openssl s_server -trace prints of them.

    record.py .ci/in-rootfs . stdbuf -o0 openssl

Each is a record in NAME.bin; NAME.txt holds the lines. COMMAND finds cert.pem and key.pem in the
current directory.
"""
import pathlib
import re
import socket
import subprocess
import sys
import time

here = pathlib.Path(__file__).parent


def vec(width, data):
    return len(data).to_bytes(width, 'big') + data


def u16(*numbers):
    return b''.join(n.to_bytes(2, 'big') for n in numbers)


def ext(number, data):
    return u16(number) + vec(2, data)


def hello(extensions, tail=None):
    body = u16(0x303) + bytes(range(32)) + vec(1, b'') + vec(2, u16(0x1302, 0xc02f, 0x00ff))
    body += vec(1, b'\0\1\2') + (vec(2, b''.join(extensions)) if tail is None else tail)
    return b'\1' + vec(3, body)


cases = {
    'extensions': hello([
        ext(0, vec(2, b'\0' + vec(2, b'localhost'))), ext(1, b'\1'), ext(1, b'\5'),
        ext(5, b'\1\0\0\0\0'), ext(10, vec(2, u16(1, 23, 26, 29, 30, 256, 513, 4588, 0x2a2a))),
        ext(11, vec(1, bytes([0, 1, 2, 3]))), ext(13, vec(2, u16(0x201, 0x403, 0x804, 0x807, 0x905,
                                                               0x2a2a))),
        ext(14, vec(2, u16(1, 2)) + b'\0'), ext(16, vec(2, vec(1, b'h2') + vec(1, b'http/1.1'))),
        ext(19, vec(1, b'\0\1\2\3')), ext(20, vec(1, b'\2')), ext(21, bytes(20)), ext(22, b''),
        ext(23, b''), ext(27, vec(1, u16(1, 2, 3, 4))), ext(35, b'ticket'), ext(42, b''),
        ext(43, vec(1, u16(0x304, 0x303, 0x302, 0x301, 0x300, 0x7f1c, 0xfefd))),
        ext(44, vec(2, b'cookie')), ext(45, vec(1, b'\0\1\2')), ext(49, b''),
        ext(50, vec(2, u16(0x403))),
        ext(51, vec(2, u16(0x2a2a) + vec(2, b'\0') + u16(29) + vec(2, b'share'))),
        ext(13172, b''), ext(65281, vec(1, b'finished')), ext(4242, b'of no known type, and long')]),
    'groups_overrun': hello([ext(43, vec(1, u16(0x304))), ext(10, b'\0\5abc')]),
    'versions_odd': hello([ext(43, b'\3\3\4a')]),
    'share_overrun': hello([ext(51, b'\0\7\0\x1d\0\5ab')]),
    'renegotiation_empty': hello([ext(65281, b'\0')]),
    'renegotiation_overrun': hello([ext(65281, b'\5ab')]),
    'fragment_missing': hello([ext(1, b'')]),
    'extension_overrun': hello([u16(10, 16) + b'ab']),
    'extensions_overrun': hello([], tail=b'\0\x20ab'),
    'extensions_cut': hello([], tail=b'\0'),
    'extensions_none': hello([], tail=b'\0\0'),
    'extensions_absent': hello([], tail=b''),
    'cut_in_random': b'\1' + vec(3, b'\3\3abc'),
    'cut_in_session_id': b'\1' + vec(3, b'\3\3' + bytes(32) + b'\x40a'),
    'suites_odd': b'\1' + vec(3, b'\3\3' + bytes(32) + b'\0\0\3abc'),
    'nothing': b'\1\0\0\0',
    'version_unknown': b'\1' + vec(3, b'\3\5' + bytes(32) + b'\0\0\2\x13\1\1\0'),
}

server = subprocess.Popen(
    [*sys.argv[1:], 's_server', '-trace', '-accept', '127.0.0.1:0', '-cert', 'cert.pem', '-key',
     'key.pem'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
text = b''


def wait(pattern):
    global text
    while not (found := re.search(pattern, text)):
        text += server.stdout.read1(65536)
    return found


port = int(wait(rb'ACCEPT \S+:(\d+)\n').group(1))
for name, message in cases.items():
    data = b'\x16\3\1' + vec(2, message)
    text = b''
    with socket.create_connection(('127.0.0.1', port)) as s:
        s.sendall(data)
        wait(rb'CONNECTION CLOSED\n')
    lines = text[text.index(b'Received TLS Record'):text.index(b'Sent TLS Record')]
    (here / (name + '.bin')).write_bytes(data)
    (here / (name + '.txt')).write_bytes(lines)
server.stdin.close()
time.sleep(0.1)
server.kill()
