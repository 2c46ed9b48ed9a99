package dev.keyservice.wire;

import dev.keyservice.testing.Frame;
import dev.keyservice.testing.HeaderBlock;
import dev.keyservice.testing.Http2Connection;
import java.io.ByteArrayOutputStream;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/// One kind of frame, or of call, as often as the server takes it on one connection.
///
/// @param frames what is sent for the time of this number, from 0
record Flood(String name, End end, IntFunction<byte[]> frames) {
  private static final int CANCEL = 8;
  private static final int ROUND = 100;

  /// What must become of the connection.
  enum End {
    /// It is cut: nobody needs so much of this. A client that is writing at that moment may miss
    /// the reason.
    CUT("GOAWAY ENHANCE_YOUR_CALM"),
    /// It is ended for the first of them.
    REFUSED("GOAWAY PROTOCOL_ERROR"),
    /// It may go on: each costs the server no more than the client.
    ANY("open");

    private final String ending;

    End(String ending) {
      this.ending = ending;
    }

    boolean isMetBy(String actual) {
      return ending.equals(HostileInput.withoutDebugData(actual))
          || (this != ANY && actual.equals("closed"));
    }
  }

  static Stream<Flood> all() {
    return Stream.of(
        new Flood(
            "rapid reset", End.CUT, i -> Frame.bytes(open(i), Frame.reset(stream(i), CANCEL))),
        new Flood(
            "made reset by a window update of 0",
            End.CUT,
            i -> Frame.bytes(open(i), Frame.windowUpdate(stream(i), 0))),
        new Flood(
            "made reset by data after the end",
            End.CUT,
            i -> Frame.bytes(openAndEnd(i), Frame.data(stream(i), new byte[1]))),
        new Flood(
            "made reset by a malformed timeout",
            End.CUT,
            i -> Frame.headers(stream(i), HostileInput.call().and("grpc-timeout", "soon")).bytes()),
        new Flood(
            "made reset by a malformed header",
            End.CUT,
            i -> Frame.headers(stream(i), HostileInput.call().and("x-bin", "%")).bytes()),
        new Flood("ping", End.CUT, i -> Frame.ping(i).bytes()),
        new Flood("settings", End.CUT, _ -> Frame.settings().bytes()),
        new Flood("empty continuation", End.CUT, Flood::continuation),
        new Flood("empty data", End.CUT, Flood::data),
        new Flood("priority", End.CUT, i -> Frame.priority(stream(i), 0).bytes()),
        new Flood("window update", End.ANY, Flood::windowUpdate),
        new Flood("unknown type", End.CUT, _ -> new Frame(0x2a, 255, 0, new byte[8]).bytes()),
        new Flood("metadata of 17,000 bytes", End.CUT, i -> headers(i, 17_000)),
        new Flood("metadata of 100,000 bytes", End.REFUSED, i -> headers(i, 100_000)));
  }

  /// Sends until the connection ends, this was sent so often, or this time is over, and waits until
  /// the server has read it: how often it was sent, at most.
  int on(Http2Connection connection, int most, long millis) throws InterruptedException {
    var until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    var sent = 0;
    var taken = true;
    while (taken && sent < most && System.nanoTime() < until && !connection.isEnded()) {
      taken = connection.trySend(round(sent));
      sent += ROUND;
    }
    var before = connection.settingsAcknowledged();
    if (end == End.ANY && connection.trySend(Frame.settings().bytes())) {
      connection.awaitSettingsAcknowledged(before + 1);
    }
    return sent;
  }

  private byte[] round(int first) {
    var bytes = new ByteArrayOutputStream();
    for (var i = first; i < first + ROUND; i++) {
      bytes.writeBytes(frames.apply(i));
    }
    return bytes.toByteArray();
  }

  static int stream(int i) {
    return 2 * i + 1;
  }

  static Frame open(int i) {
    return Frame.headers(stream(i), HostileInput.call());
  }

  private static Frame openAndEnd(int i) {
    return new Frame(
        Frame.HEADERS,
        Frame.END_HEADERS | Frame.END_STREAM,
        stream(i),
        HostileInput.call().bytes());
  }

  private static byte[] continuation(int i) {
    return i == 0
        ? new Frame(Frame.HEADERS, 0, 1, HostileInput.call().bytes()).bytes()
        : new Frame(Frame.CONTINUATION, 0, 1, new byte[0]).bytes();
  }

  private static byte[] data(int i) {
    return i == 0 ? open(0).bytes() : Frame.data(1, new byte[0]).bytes();
  }

  private static byte[] windowUpdate(int i) {
    return i == 0 ? open(0).bytes() : Frame.windowUpdate(1, 1).bytes();
  }

  private static byte[] headers(int i, int size) {
    return Frame.bytes(
        Frame.splitHeaders(stream(i), HostileInput.call().and("x-large", "x".repeat(size))));
  }

  /// A call whose message is followed by headers that end the stream.
  static byte[] withTrailers(int i, HeaderBlock trailers) {
    return Frame.bytes(
        open(i),
        Frame.data(stream(i), Frame.message()),
        new Frame(
            Frame.HEADERS, Frame.END_HEADERS | Frame.END_STREAM, stream(i), trailers.bytes()));
  }

  @Override
  public String toString() {
    return name;
  }
}
