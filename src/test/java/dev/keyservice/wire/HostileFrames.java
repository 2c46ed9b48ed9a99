package dev.keyservice.wire;

import static dev.keyservice.wire.HostileInput.body;
import static dev.keyservice.wire.HostileInput.call;
import static dev.keyservice.wire.HostileInput.frames;

import dev.keyservice.testing.Frame;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;

/// Frames that no client of HTTP/2 sends, and bodies that no client of gRPC sends.
final class HostileFrames {
  private static final int PADDED = 8;
  private static final int PRIORITISED = 32;

  private HostileFrames() {}

  static Stream<HostileInput> bodies() {
    return Stream.of(
        body("flag 2", Frame.message(2, 0), "INTERNAL"),
        body("flag 255", Frame.message(255, 0), "INTERNAL"),
        body("a compressed message without an encoding", Frame.message(1, 0), "INTERNAL"),
        body("a length of -1", Frame.message(0, -1), "RESOURCE_EXHAUSTED"),
        body("a length of -2^31", Frame.message(0, Integer.MIN_VALUE), "RESOURCE_EXHAUSTED"),
        body("a length of 2^31-1", Frame.message(0, Integer.MAX_VALUE), "RESOURCE_EXHAUSTED"),
        body("a length of 2 MiB", Frame.message(0, 2 << 20), "RESOURCE_EXHAUSTED"),
        body("a length of more than there is", Frame.message(0, 9, new byte[2]), "INTERNAL"),
        body(
            "a length of less than there is",
            Frame.message(0, 1, new byte[4]),
            "INVALID_ARGUMENT MALFORMED_MESSAGE or INTERNAL"),
        body("half a prefix", new byte[3], "INTERNAL"),
        body("no message", new byte[0], "INVALID_ARGUMENT MALFORMED_MESSAGE"),
        body(
            "two messages",
            join(Frame.message(), Frame.message()),
            "INVALID_ARGUMENT MALFORMED_MESSAGE"),
        body("a thousand messages", messages(1_000), "INVALID_ARGUMENT MALFORMED_MESSAGE"),
        body(
            "a message that is none",
            Frame.message(new byte[] {-1, -1, -1}),
            "INVALID_ARGUMENT MALFORMED_MESSAGE"),
        body("text", "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII), "INTERNAL"),
        frames(
            "an end without a body",
            "INVALID_ARGUMENT MALFORMED_MESSAGE",
            new Frame(Frame.HEADERS, Frame.END_HEADERS | Frame.END_STREAM, 1, call().bytes())),
        frames(
            "trailers after the body",
            "GOAWAY PROTOCOL_ERROR",
            Frame.headers(1, call()),
            Frame.data(1, Frame.message()),
            new Frame(Frame.HEADERS, Frame.END_HEADERS | Frame.END_STREAM, 1, new byte[0])),
        frames(
            "another call in place of trailers",
            "GOAWAY PROTOCOL_ERROR",
            Frame.headers(1, call()),
            Frame.data(1, Frame.message()),
            new Frame(Frame.HEADERS, Frame.END_HEADERS | Frame.END_STREAM, 1, call().bytes())),
        frames(
            "trailers that do not end the stream",
            "GOAWAY PROTOCOL_ERROR",
            Frame.headers(1, call()),
            Frame.data(1, Frame.message()),
            Frame.headers(1, call()),
            Frame.lastData(1, new byte[0])),
        frames(
            "a body after the end",
            "RST_STREAM STREAM_CLOSED",
            Frame.headers(1, HostileInput.call()),
            Frame.lastData(1, new byte[0]),
            Frame.lastData(1, Frame.message())));
  }

  /// Of streams: their order and their state.
  static Stream<HostileInput> streams() {
    return Stream.of(
        frames("data before headers", "GOAWAY PROTOCOL_ERROR", Frame.lastData(1, Frame.message())),
        frames("headers of stream 0", "GOAWAY PROTOCOL_ERROR", Frame.headers(0, call())),
        frames("headers of an even stream", "GOAWAY PROTOCOL_ERROR", Frame.headers(2, call())),
        frames(
            "headers of a stream below the last",
            "GOAWAY PROTOCOL_ERROR",
            Frame.headers(5, call()),
            Frame.headers(1, call())),
        frames("a reset of an idle stream", "GOAWAY PROTOCOL_ERROR", Frame.reset(1, 8)),
        frames(
            "a window update of an idle stream", "GOAWAY PROTOCOL_ERROR", Frame.windowUpdate(1, 1)),
        frames("data of stream 0", "GOAWAY PROTOCOL_ERROR", Frame.data(0, new byte[1])),
        frames("a reset of stream 0", "GOAWAY PROTOCOL_ERROR", Frame.reset(0, 8)),
        frames(
            "a reset of 3 bytes",
            "GOAWAY FRAME_SIZE_ERROR",
            new Frame(Frame.RST_STREAM, 0, 1, new byte[3])),
        frames(
            "a window update of 0",
            "RST_STREAM PROTOCOL_ERROR",
            Frame.headers(1, call()),
            Frame.windowUpdate(1, 0)),
        frames("a window update of 0 for all", "GOAWAY PROTOCOL_ERROR", Frame.windowUpdate(0, 0)),
        frames(
            "a window beyond 2^31",
            "GOAWAY FLOW_CONTROL_ERROR",
            Frame.windowUpdate(0, Integer.MAX_VALUE)),
        frames(
            "a window of a stream beyond 2^31",
            "RST_STREAM FLOW_CONTROL_ERROR",
            Frame.headers(1, call()),
            Frame.windowUpdate(1, Integer.MAX_VALUE)),
        frames(
            "a stream that depends on itself",
            "RST_STREAM PROTOCOL_ERROR",
            Frame.headers(1, call()),
            Frame.priority(1, 1)),
        frames(
            "a priority of 4 bytes",
            "RST_STREAM FRAME_SIZE_ERROR",
            new Frame(Frame.PRIORITY, 0, 1, new byte[4])),
        frames(
            "headers that depend on themselves",
            "GOAWAY PROTOCOL_ERROR",
            new Frame(
                Frame.HEADERS,
                Frame.END_HEADERS | PRIORITISED,
                1,
                join(new byte[] {0, 0, 0, 1, 0}, call().bytes()))));
  }

  /// Of the connection: sizes and order.
  static Stream<HostileInput> connections() {
    return Stream.of(
        frames(
            "settings of stream 1",
            "GOAWAY PROTOCOL_ERROR",
            new Frame(Frame.SETTINGS, 0, 1, new byte[0])),
        frames(
            "settings of 5 bytes",
            "GOAWAY FRAME_SIZE_ERROR",
            new Frame(Frame.SETTINGS, 0, 0, new byte[5])),
        frames(
            "an acknowledgement of 6 bytes",
            "GOAWAY FRAME_SIZE_ERROR",
            new Frame(Frame.SETTINGS, 1, 0, new byte[6])),
        frames(
            "acknowledgements of nothing",
            "OK",
            Frame.settingsAcknowledged(),
            Frame.settingsAcknowledged(),
            Frame.headers(1, call()),
            Frame.lastData(1, Frame.message())),
        frames("a push that is 2", "GOAWAY PROTOCOL_ERROR", setting(2, 2)),
        frames(
            "an initial window of 2^31",
            "GOAWAY FLOW_CONTROL_ERROR",
            setting(4, Integer.MIN_VALUE)),
        frames("a largest frame of 0", "GOAWAY PROTOCOL_ERROR", setting(5, 0)),
        frames(
            "a ping of 7 bytes",
            "GOAWAY FRAME_SIZE_ERROR",
            new Frame(Frame.PING, 0, 0, new byte[7])),
        frames(
            "a ping of stream 1",
            "GOAWAY PROTOCOL_ERROR",
            new Frame(Frame.PING, 0, 1, new byte[8])),
        frames(
            "a push",
            "GOAWAY PROTOCOL_ERROR",
            new Frame(Frame.PUSH_PROMISE, Frame.END_HEADERS, 1, new byte[4])),
        frames(
            "a goaway of 3 bytes",
            "GOAWAY FRAME_SIZE_ERROR",
            new Frame(Frame.GOAWAY, 0, 0, new byte[3])),
        frames(
            "a continuation of nothing",
            "GOAWAY PROTOCOL_ERROR",
            new Frame(Frame.CONTINUATION, 4, 1, new byte[1])),
        frames(
            "a ping amid headers",
            "GOAWAY PROTOCOL_ERROR",
            new Frame(Frame.HEADERS, 0, 1, call().bytes()),
            Frame.ping(1)),
        frames(
            "a frame too large",
            "GOAWAY FRAME_SIZE_ERROR",
            new Frame(Frame.DATA, 0, 1, new byte[Frame.LARGEST + 1])),
        frames(
            "padding longer than the frame",
            "GOAWAY PROTOCOL_ERROR",
            Frame.headers(1, call()),
            new Frame(Frame.DATA, PADDED, 1, new byte[] {9, 0})),
        frames("an index of 0", "GOAWAY COMPRESSION_ERROR", rawHeaders(0x80)),
        frames(
            "an index of the table that is not there",
            "GOAWAY COMPRESSION_ERROR",
            rawHeaders(0xff, 0x10)),
        frames(
            "an index without an end",
            "GOAWAY COMPRESSION_ERROR",
            rawHeaders(0xff, 255, 255, 255, 255, 255, 255)),
        frames("half a header", "GOAWAY COMPRESSION_ERROR", rawHeaders(0, 9, 'x')),
        frames(
            "a table of 2^28 bytes",
            "GOAWAY COMPRESSION_ERROR",
            rawHeaders(0x3f, 255, 255, 255, 127)),
        frames(
            "text that is no Huffman code",
            "GOAWAY COMPRESSION_ERROR",
            rawHeaders(0, 1, 'x', 0x84, 255, 255, 255, 255)),
        frames(
            "frames of an unknown type",
            "OK",
            new Frame(0x2a, 255, 0, new byte[100]),
            new Frame(255, 0, 1, new byte[0]),
            Frame.headers(1, call()),
            new Frame(10, 0, 1, new byte[9]),
            Frame.lastData(1, Frame.message())));
  }

  private static Frame rawHeaders(int... block) {
    var bytes = new byte[block.length];
    for (var i = 0; i < block.length; i++) {
      bytes[i] = (byte) block[i];
    }
    return new Frame(Frame.HEADERS, Frame.END_HEADERS | Frame.END_STREAM, 1, bytes);
  }

  private static Frame setting(int id, int value) {
    return new Frame(
        Frame.SETTINGS,
        0,
        0,
        new byte[] {
          0,
          (byte) id,
          (byte) (value >> 24),
          (byte) (value >> 16),
          (byte) (value >> 8),
          (byte) value
        });
  }

  private static byte[] messages(int count) {
    var bytes = new ByteArrayOutputStream();
    for (var i = 0; i < count; i++) {
      bytes.writeBytes(Frame.message());
    }
    return bytes.toByteArray();
  }

  private static byte[] join(byte[] first, byte[] second) {
    var bytes = new ByteArrayOutputStream();
    bytes.writeBytes(first);
    bytes.writeBytes(second);
    return bytes.toByteArray();
  }
}
