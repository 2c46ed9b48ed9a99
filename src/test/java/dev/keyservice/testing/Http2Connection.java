package dev.keyservice.testing;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLSocket;

/// HTTP/2 by hand: writes whatever it is told to, and keeps what the other side says.
///
/// It reads on a thread of its own, so that a flood never stands still because nobody takes the
/// answers.
public final class Http2Connection implements AutoCloseable {
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final boolean LENIENT = false;
  private static final long LARGE = 1 << 20;

  private final Socket tcp;
  private final SSLSocket socket;
  private final boolean acknowledging;
  private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(LENIENT, LARGE);
  private final ByteArrayOutputStream block = new ByteArrayOutputStream();
  private final Map<Integer, StreamAnswer> answers = new HashMap<>();
  private int settingsAcknowledged;
  private String goAway = "";
  private boolean ended;

  private Http2Connection(Socket tcp, SSLSocket socket, boolean acknowledging) {
    this.tcp = tcp;
    this.socket = socket;
    this.acknowledging = acknowledging;
  }

  /// One that says what every client says first, and acknowledges the server's SETTINGS. Neither
  /// stands between its frames any more once it is returned.
  static Http2Connection polite(Socket tcp, SSLSocket socket)
      throws IOException, InterruptedException {
    var connection = new Http2Connection(tcp, socket, true);
    connection.preface();
    connection.listen();
    connection.awaitSettingsAcknowledged(1);
    return connection;
  }

  /// One that says nothing by itself.
  static Http2Connection silent(Socket tcp, SSLSocket socket) {
    var connection = new Http2Connection(tcp, socket, false);
    connection.listen();
    return connection;
  }

  private void listen() {
    Thread.ofPlatform().daemon().name("http2-reader").start(this::read);
  }

  /// Sends what every client says first.
  public void preface() throws IOException {
    send(PREFACE);
    send(Frame.settings());
  }

  public void send(Frame... frames) throws IOException {
    send(Frame.bytes(frames));
  }

  /// Sends bytes that need not be frames. A connection that the server has ended takes none.
  public void send(byte[] bytes) throws IOException {
    synchronized (socket) {
      socket.getOutputStream().write(bytes);
    }
  }

  /// Sends as much as the server takes; whether that was everything.
  public boolean trySend(byte[] bytes) {
    try {
      send(bytes);
      return true;
    } catch (IOException e) {
      return false; // The server has ended the connection.
    }
  }

  private void read() {
    try (var in = new DataInputStream(socket.getInputStream())) {
      while (true) {
        var length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
        var type = in.readUnsignedByte();
        var flags = in.readUnsignedByte();
        var stream = in.readInt();
        take(new Frame(type, flags, stream, in.readNBytes(length)));
      }
    } catch (IOException | Http2Exception e) {
      // Closed by either side, with a word or without.
    } finally {
      end();
    }
  }

  private synchronized void end() {
    ended = true;
    notifyAll();
  }

  private void take(Frame frame) throws IOException, Http2Exception {
    if (keep(frame) && acknowledging) {
      send(Frame.settingsAcknowledged());
    }
  }

  /// Whether the frame asks for an acknowledgement.
  private synchronized boolean keep(Frame frame) throws Http2Exception {
    notifyAll();
    switch (frame.type()) {
      case Frame.HEADERS, Frame.CONTINUATION -> keepHeaders(frame);
      case Frame.DATA -> answer(frame.stream()).data().writeBytes(frame.payload());
      case Frame.RST_STREAM -> answer(frame.stream()).reset(error(frame.number(0)));
      case Frame.GOAWAY -> goAway = goAway(frame);
      case Frame.SETTINGS -> {
        if (!frame.has(Frame.ACK)) {
          return true;
        }
        settingsAcknowledged++;
      }
      default -> {} // PING, WINDOW_UPDATE: nobody asks for them.
    }
    if (frame.type() <= Frame.HEADERS && frame.has(Frame.END_STREAM)) {
      answer(frame.stream()).end();
    }
    return false;
  }

  private void keepHeaders(Frame frame) throws Http2Exception {
    block.writeBytes(frame.payload());
    if (frame.has(Frame.END_HEADERS)) {
      Http2Headers headers =
          decoder.decodeHeaders(frame.stream(), Unpooled.wrappedBuffer(block.toByteArray()));
      block.reset();
      headers.forEach(header ->
          answer(frame.stream()).add(header.getKey().toString(), header.getValue().toString()));
    }
  }

  private static String goAway(Frame frame) {
    var debug = new String(frame.payload(), 8, frame.payload().length - 8, StandardCharsets.UTF_8);
    return "GOAWAY " + error(frame.number(4)) + " (" + debug + ")";
  }

  private static String error(int code) {
    var known = Http2Error.valueOf(Integer.toUnsignedLong(code));
    return known == null ? Integer.toHexString(code) : known.name();
  }

  private StreamAnswer answer(int stream) {
    return answers.computeIfAbsent(stream, _ -> new StreamAnswer());
  }

  /// Waits until this stream is answered or reset, or the connection is over: what came first, in
  /// words.
  public String outcome(int stream) throws InterruptedException {
    await(() -> isAnswered(stream) || ended);
    synchronized (this) {
      return isAnswered(stream) ? answer(stream).toString() : ending();
    }
  }

  private boolean isAnswered(int stream) {
    return answers.containsKey(stream) && answer(stream).isOver();
  }

  /// Waits until the connection is over: how it ended, in words.
  public String ended() throws InterruptedException {
    await(() -> ended);
    return ending();
  }

  /// How it has ended so far, in words.
  public synchronized String ending() {
    var how = goAway.isEmpty() ? "closed" : goAway;
    return ended ? how : goAway.isEmpty() ? "open" : goAway + ", and open";
  }

  /// Waits until the server has acknowledged this many SETTINGS, or the connection is over.
  public void awaitSettingsAcknowledged(int count) throws InterruptedException {
    await(() -> settingsAcknowledged >= count || ended);
  }

  /// How many SETTINGS the server has acknowledged.
  public synchronized int settingsAcknowledged() {
    return settingsAcknowledged;
  }

  /// What was answered on a stream so far.
  public synchronized Optional<String> answered(int stream) {
    return isAnswered(stream) ? Optional.of(answer(stream).toString()) : Optional.empty();
  }

  /// Whether the server has ended it, or has said that it will.
  public synchronized boolean isEnded() {
    return ended || !goAway.isEmpty();
  }

  private synchronized void await(BooleanSupplier condition) throws InterruptedException {
    var end = System.nanoTime() + Duration.ofSeconds(8).toNanos();
    while (!condition.getAsBoolean() && System.nanoTime() < end) {
      wait(100);
    }
  }

  /// Ends it without a word.
  @Override
  public void close() throws IOException {
    tcp.close();
  }
}
