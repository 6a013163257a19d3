"""The least of a broker of MQTT 3.1.1 and 5: one client, one socket, one thread. mosquitto acknowledges a sender
itself; here one sees when the agent does."""

import json
import socket
import struct
import time

from .contestants import COMMAND_TOPIC, RESULT_TOPIC
from .errors import BenchmarkError

SILENCE_SECONDS = 15  # the agent answers within milliseconds
CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP = 1, 2, 3, 4, 5, 6, 7
SUBSCRIBE, SUBACK, PINGREQ, PINGRESP = 8, 9, 12, 13


class OneClientBroker:
    """Sends tasks at QoS 1, and takes the time until each is acknowledged."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(SILENCE_SECONDS)
        self.port = self._listener.getsockname()[1]
        self._client = None
        self._bytes = bytearray()
        self._replies = bytearray()
        self._properties = b""  # what stands where version 5 has properties: none of them
        self._subscribed = False
        self._last = 0  # task, and packet as well: never more than 65,535 of them
        self._sent = {}  # packet: when, in nanoseconds
        self._acknowledged = {}  # packet: milliseconds
        self._results = {}  # task: what was answered

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for each in (self._client, self._listener):
            if each:
                each.close()

    def wait_for_client(self):
        """Until it has subscribed to the tasks."""
        try:
            self._client, _ = self._listener.accept()
        except socket.timeout:
            raise BenchmarkError(f"nobody connected within {SILENCE_SECONDS} s") from None
        self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._client.settimeout(SILENCE_SECONDS)
        while not self._subscribed:
            self._serve()

    def drive(self, tasks, outstanding, command):
        """A closed loop, which begins with all that may be outstanding at once. The times to the acknowledgements, in
        milliseconds; each task has one, and one right answer."""
        first, last = self._last + 1, self._last + tasks
        while True:
            self._send(min(last - self._last, outstanding - (self._last - len(self._results))), command)
            if len(self._results) == len(self._acknowledged) == last:
                return [self._acknowledged[packet] for packet in range(first, last + 1)]
            self._serve()

    def _send(self, count, command):
        """In one piece: that is what a broker does with a queue."""
        message = bytearray()
        packets = range(self._last + 1, self._last + 1 + count)
        for packet in packets:
            task = {"task_id": packet, "timestamp": "2026-01-01T00:00:00Z", "service": "bench", "command": command}
            message += publish(COMMAND_TOPIC, packet, self._properties + json.dumps(task).encode())
        self._last += len(packets)
        self._sent.update(dict.fromkeys(packets, time.monotonic_ns()))
        self._client.sendall(message)

    def _serve(self):
        """What comes next, and what it is answered with."""
        try:
            received = self._client.recv(65536)
        except socket.timeout:
            missing = len(self._sent) - len(self._acknowledged), len(self._sent) - len(self._results)
            raise BenchmarkError(f"{SILENCE_SECONDS} s of silence; {missing[0]} tasks without acknowledgement, "
                                 f"{missing[1]} without answer") from None
        now = time.monotonic_ns()
        if not received:
            raise BenchmarkError("the client closed its connection")
        self._bytes += received
        while packet := self._next_packet():
            self._take(*packet, now)
        self._client.sendall(self._replies)
        self._replies.clear()

    def _next_packet(self):
        """(kind, flags, body) of the first packet, None where it is not there in full."""
        length, begin = decoded_length(self._bytes[1:5])
        begin += 1
        if length is None or len(self._bytes) < begin + length:
            return None
        kind, flags = self._bytes[0] >> 4, self._bytes[0] & 15
        body = bytes(self._bytes[begin:begin + length])
        del self._bytes[:begin + length]
        return kind, flags, body

    def _take(self, kind, flags, body, now):
        if kind == CONNECT:
            self._properties = b"\0" if body[6] == 5 else b""
            self._reply(CONNACK, b"\0\0" + self._properties)
        elif kind == SUBSCRIBE:
            filters = list(topics_and_qualities(self._after_properties(body[2:])))
            self._reply(SUBACK, body[:2] + self._properties + bytes(qos for _, qos in filters))
            self._subscribed |= any(topic == COMMAND_TOPIC for topic, _ in filters)
        elif kind == PUBLISH:
            self._take_message(flags >> 1 & 3, body)
        elif kind == PUBREL:
            self._reply(PUBCOMP, body[:2])
        elif kind == PUBACK:
            self._take_acknowledgement(number(body), now)
        elif kind == PINGREQ:
            self._reply(PINGRESP, b"")
        else:
            raise BenchmarkError(f"a packet of kind {kind} was not expected")

    def _take_message(self, qos, body):
        length = number(body)
        topic, rest = body[2:2 + length].decode(), body[2 + length:]
        if qos:
            self._reply(PUBACK if qos == 1 else PUBREC, rest[:2])
            rest = rest[2:]
        rest = self._after_properties(rest)
        if topic != RESULT_TOPIC:
            return
        result = json.loads(rest)
        task = result["task_id"]
        if task in self._results or task not in self._sent or result["code"] != 0:
            raise BenchmarkError(f"a second, unasked or wrong answer: {result}")
        self._results[task] = result

    def _take_acknowledgement(self, packet, now):
        if packet in self._acknowledged or packet not in self._sent:
            raise BenchmarkError(f"packet {packet} was acknowledged twice or never sent")
        self._acknowledged[packet] = (now - self._sent[packet]) / 1e6

    def _after_properties(self, body):
        if not self._properties:
            return body
        length, begin = decoded_length(body)
        return body[begin + length:]

    def _reply(self, kind, body):
        self._replies += bytes([kind << 4, len(body)]) + body


def publish(topic, packet, payload):
    name = topic.encode()
    body = struct.pack("!H", len(name)) + name + struct.pack("!H", packet) + payload
    return bytes([PUBLISH << 4 | 1 << 1]) + length_bytes(len(body)) + body


def length_bytes(length):
    """Seven bits a byte, the lowest first."""
    encoded = bytearray()
    while True:
        length, low = length >> 7, length & 127
        encoded.append(low | (128 if length else 0))
        if not length:
            return bytes(encoded)


def decoded_length(encoded):
    """(length, bytes that it takes); None where they are not all there."""
    length = 0
    for place, byte in enumerate(encoded):
        length |= (byte & 127) << (7 * place)
        if byte < 128:
            return length, place + 1
    return None, 0


def topics_and_qualities(body):
    while body:
        length = number(body)
        yield body[2:2 + length].decode(), body[2 + length] & 3
        body = body[3 + length:]


def number(body):
    return struct.unpack("!H", body[:2])[0]
