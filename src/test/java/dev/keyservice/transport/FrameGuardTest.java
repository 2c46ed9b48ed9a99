package dev.keyservice.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.keyservice.testing.Frame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.Http2CodecUtil;
import java.io.ByteArrayOutputStream;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameGuardTest {
  private static final byte[] NOTHING = {};
  private static final byte[] SOMETHING = new byte[100];

  private final AtomicInteger cut = new AtomicInteger();
  private final EmbeddedChannel channel = new EmbeddedChannel(new FrameGuard(cut::incrementAndGet));

  @AfterEach
  void close() {
    var _ = channel.finishAndReleaseAll();
  }

  @Test
  void passesEverythingOnAsItCame() {
    var bytes = call(1);

    send(bytes);

    assertEquals(Unpooled.wrappedBuffer(bytes), passed());
    assertEquals(0, cut.get());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 9, 10, 1_000})
  void seesFramesHoweverTheyAreCutIntoPieces(int size) {
    send(size, preface());
    for (var i = 0; i < FrameGuard.IDLE_FRAMES; i++) {
      send(size, new Frame(Frame.HEADERS, Frame.END_HEADERS, 2 * i + 1, SOMETHING).bytes());
      send(size, Frame.data(1, NOTHING).bytes());
    }
    assertEquals(0, cut.get());

    send(size, Frame.data(1, NOTHING).bytes());

    assertEquals(1, cut.get());
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        Frame.DATA,
        Frame.PRIORITY,
        Frame.SETTINGS,
        Frame.PUSH_PROMISE,
        Frame.CONTINUATION,
        42
      })
  void endsAConnectionThatSendsManyFramesThatDoNothing(int type) {
    send(preface());
    for (var i = 0; i < FrameGuard.IDLE_FRAMES; i++) {
      send(new Frame(type, 0, 1, NOTHING).bytes());
    }
    assertTrue(channel.isOpen());

    send(new Frame(type, 0, 1, NOTHING).bytes());

    assertEquals(1, cut.get());
    assertFalse(channel.isOpen());
  }

  @Test
  void takesAsManyFramesOfUseAsComeAlong() {
    send(preface());
    for (var i = 0; i < 10 * FrameGuard.IDLE_FRAMES; i++) {
      send(new Frame(Frame.HEADERS, Frame.END_HEADERS, 2 * i + 1, SOMETHING).bytes());
      send(Frame.data(2 * i + 1, SOMETHING).bytes());
      send(Frame.lastData(2 * i + 1, NOTHING).bytes());
      send(Frame.windowUpdate(0, 100).bytes());
    }

    assertEquals(0, cut.get());
  }

  @Test
  void endsAConnectionThatSendsHeadersOfAStreamTwice() {
    send(call(1));
    send(Frame.data(1, SOMETHING).bytes());
    send(new Frame(Frame.HEADERS, Frame.END_HEADERS, 3, SOMETHING).bytes());
    assertEquals(0, cut.get());

    send(new Frame(Frame.HEADERS, Frame.END_HEADERS | Frame.END_STREAM, 1, SOMETHING).bytes());

    assertEquals(1, cut.get());
    assertFalse(channel.isOpen());
  }

  private static byte[] preface() {
    var preface = Http2CodecUtil.connectionPrefaceBuf();
    var bytes = new byte[preface.readableBytes()];
    preface.readBytes(bytes);
    return bytes;
  }

  private static byte[] call(int stream) {
    var bytes = new ByteArrayOutputStream();
    bytes.writeBytes(preface());
    bytes.writeBytes(new Frame(Frame.HEADERS, Frame.END_HEADERS, stream, SOMETHING).bytes());
    return bytes.toByteArray();
  }

  private void send(byte[] bytes) {
    send(bytes.length, bytes);
  }

  private void send(int size, byte[] bytes) {
    for (var at = 0; at < bytes.length && channel.isOpen(); at += size) {
      var piece = Unpooled.copiedBuffer(bytes, at, Math.min(size, bytes.length - at));
      var _ = channel.writeInbound(piece);
    }
  }

  private ByteBuf passed() {
    return channel.readInbound();
  }
}
