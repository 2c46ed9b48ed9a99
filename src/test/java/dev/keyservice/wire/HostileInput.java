package dev.keyservice.wire;

import dev.keyservice.testing.Frame;
import dev.keyservice.testing.HeaderBlock;
import dev.keyservice.testing.Http2Connection;
import java.io.IOException;
import java.util.List;
import java.util.regex.Pattern;

/// Something that a caller should not send, and what it gets for it.
///
/// @param outcome as of [Http2Connection#outcome] of the stream 1, without debug data; or one of
///   two, with ` or ` between, where our answer and that of grpc-java may overtake one another
record HostileInput(String what, String outcome, Sending sending) {
  static final String PATH = "/keyservice.v1.AccessService/WhoAmI";

  private static final Pattern DEBUG_DATA = Pattern.compile(" \\(.*\\)", Pattern.DOTALL);

  @FunctionalInterface
  interface Sending {
    void on(Http2Connection connection) throws IOException;
  }

  /// A call that would be right but for its headers.
  static HostileInput headers(String what, HeaderBlock block, String outcome) {
    return new HostileInput(
        what,
        outcome,
        connection -> {
          // The server may have said what it thinks before the last of it is sent.
          var _ =
              connection.trySend(Frame.bytes(Frame.splitHeaders(1, block)))
                  && connection.trySend(Frame.lastData(1, Frame.message()).bytes());
        });
  }

  /// A call that would be right but for one header.
  static HostileInput header(String name, String value, String outcome) {
    return headers(name + ": " + value, call().without(name).and(name, value), outcome);
  }

  /// A call that would be right but for what follows its headers.
  static HostileInput body(String what, byte[] data, String outcome) {
    return frames(what, outcome, Frame.headers(1, call()), Frame.lastData(1, data));
  }

  /// Frames, one after the other.
  static HostileInput frames(String what, String outcome, Frame... frames) {
    return new HostileInput(what, outcome, connection -> connection.send(frames));
  }

  static HeaderBlock call() {
    return HeaderBlock.ofCall(PATH);
  }

  /// Whether that is what it should get.
  boolean isDue(String outcome) {
    return List.of(this.outcome.split(" or ")).contains(outcome);
  }

  /// An outcome without what a GOAWAY adds to its code: wording of Netty, and bytes of ours.
  static String withoutDebugData(String outcome) {
    return DEBUG_DATA.matcher(outcome).replaceFirst("");
  }

  @Override
  public String toString() {
    return what.replaceAll("\\p{Cntrl}", "·");
  }
}
