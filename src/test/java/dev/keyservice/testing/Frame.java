package dev.keyservice.testing;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;

/// One frame of HTTP/2 (RFC 9113 §4.1), which may well be one that nobody is allowed to send:
/// `length(3) ‖ type(1) ‖ flags(1) ‖ stream(4) ‖ payload`.
public final class Frame {
  public static final int DATA = 0;
  public static final int HEADERS = 1;
  public static final int PRIORITY = 2;
  public static final int RST_STREAM = 3;
  public static final int SETTINGS = 4;
  public static final int PUSH_PROMISE = 5;
  public static final int PING = 6;
  public static final int GOAWAY = 7;
  public static final int WINDOW_UPDATE = 8;
  public static final int CONTINUATION = 9;

  /// Of SETTINGS and PING.
  public static final int ACK = 1;

  /// Of DATA and HEADERS.
  public static final int END_STREAM = 1;

  /// Of HEADERS and CONTINUATION.
  public static final int END_HEADERS = 4;

  /// What every side takes as the payload of a frame.
  public static final int LARGEST = 16_384;

  private static final int HEAD = 9;

  private final int type;
  private final int flags;
  private final int stream;
  private final byte[] payload;

  public Frame(int type, int flags, int stream, byte[] payload) {
    this.type = type;
    this.flags = flags;
    this.stream = stream;
    this.payload = payload;
  }

  /// Headers of a call whose body follows.
  public static Frame headers(int stream, HeaderBlock block) {
    return new Frame(HEADERS, END_HEADERS, stream, block.bytes());
  }

  /// The same in as many frames as it takes, of the size that every server accepts.
  public static Frame[] splitHeaders(int stream, HeaderBlock block) {
    var bytes = block.bytes();
    var frames = new ArrayList<Frame>();
    for (var begin = 0; begin < bytes.length; begin += LARGEST) {
      var end = Math.min(bytes.length, begin + LARGEST);
      frames.add(
          new Frame(
              begin == 0 ? HEADERS : CONTINUATION,
              end == bytes.length ? END_HEADERS : 0,
              stream,
              Arrays.copyOfRange(bytes, begin, end)));
    }
    return frames.toArray(Frame[]::new);
  }

  /// The last of what a client sends on a stream.
  public static Frame lastData(int stream, byte[] data) {
    return new Frame(DATA, END_STREAM, stream, data);
  }

  public static Frame data(int stream, byte[] data) {
    return new Frame(DATA, 0, stream, data);
  }

  public static Frame reset(int stream, int code) {
    return new Frame(RST_STREAM, 0, stream, int32(code));
  }

  public static Frame windowUpdate(int stream, int increment) {
    return new Frame(WINDOW_UPDATE, 0, stream, int32(increment));
  }

  /// Settings that change nothing.
  public static Frame settings() {
    return new Frame(SETTINGS, 0, 0, new byte[0]);
  }

  public static Frame settingsAcknowledged() {
    return new Frame(SETTINGS, ACK, 0, new byte[0]);
  }

  public static Frame ping(long content) {
    return new Frame(PING, 0, 0, ByteBuffer.allocate(8).putLong(content).array());
  }

  /// Depends on a stream, with a weight of 16.
  public static Frame priority(int stream, int parent) {
    return new Frame(
        PRIORITY, 0, stream, ByteBuffer.allocate(5).putInt(parent).put(4, (byte) 15).array());
  }

  /// A message in the framing of gRPC: `flag(1) ‖ length(4) ‖ message`.
  public static byte[] message(int flag, int length, byte... message) {
    return ByteBuffer.allocate(5 + message.length)
        .put((byte) flag)
        .putInt(length)
        .put(message)
        .array();
  }

  /// An uncompressed message as it should be.
  public static byte[] message(byte... message) {
    return message(0, message.length, message);
  }

  /// As on the wire.
  public byte[] bytes() {
    return ByteBuffer.allocate(HEAD + payload.length)
        .put((byte) (payload.length >> 16))
        .putShort((short) payload.length)
        .put((byte) type)
        .put((byte) flags)
        .putInt(stream)
        .put(payload)
        .array();
  }

  /// One after the other, as on the wire.
  public static byte[] bytes(Frame... frames) {
    var bytes = new ByteArrayOutputStream();
    for (var frame : frames) {
      bytes.writeBytes(frame.bytes());
    }
    return bytes.toByteArray();
  }

  int type() {
    return type;
  }

  int stream() {
    return stream;
  }

  byte[] payload() {
    return payload;
  }

  boolean has(int flag) {
    return (flags & flag) != 0;
  }

  /// The number at this place of the payload.
  int number(int offset) {
    return ByteBuffer.wrap(payload).getInt(offset);
  }

  private static byte[] int32(int value) {
    return ByteBuffer.allocate(4).putInt(value).array();
  }
}
