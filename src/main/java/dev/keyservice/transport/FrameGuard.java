package dev.keyservice.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameTypes;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Looks at the header of each HTTP/2 frame (RFC 9113 §4.1) before grpc-java does, for what it lets
/// through:
///
/// - frames that do nothing and cost something, SETTINGS, PRIORITY, and CONTINUATION and DATA
///   without content among them: no client sends many;
/// - a second HEADERS frame of a stream. A client of gRPC sends none, and grpc-java takes it for
///   another call and forgets the first, whose end then nobody hears of.
///
/// Either ends the connection.
final class FrameGuard extends ChannelInboundHandlerAdapter {
  /// How many frames of the first kind a connection may send within [#WINDOW].
  static final int IDLE_FRAMES = 500;

  private static final Duration WINDOW = Duration.ofSeconds(30);
  private static final int PREFACE = Http2CodecUtil.connectionPrefaceBuf().readableBytes();
  private static final int TYPE = 3;
  private static final int FLAGS = 4;
  private static final int STREAM = 5;

  private final Runnable cut;
  private final byte[] header = new byte[Http2CodecUtil.FRAME_HEADER_LENGTH];
  private int headerBytes;

  /// How much follows that is no header: the preface, then the payload of a frame.
  private long skip = PREFACE;

  private int lastStream;
  private int idleFrames;
  private long windowBegin = System.nanoTime();
  private boolean broken;

  /// @param cut told when it ends the connection
  FrameGuard(Runnable cut) {
    this.cut = cut;
  }

  /// Takes the place of a guard in the pipeline of a channel that was just accepted, until it is
  /// known where its HTTP/2 begins: behind TLS, if there is any.
  static ChannelInboundHandlerAdapter on(Runnable cut) {
    return new ChannelInboundHandlerAdapter() {
      @Override
      public void channelRead(ChannelHandlerContext context, Object message) {
        var tls = context.pipeline().context(SslHandler.class);
        context
            .pipeline()
            .addAfter(tls == null ? context.name() : tls.name(), null, new FrameGuard(cut));
        context.pipeline().remove(this);
        context.fireChannelRead(message);
      }
    };
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    var fault = broken || !(message instanceof ByteBuf bytes) ? null : fault(bytes);
    if (fault != null) {
      broken = true;
      cut.run();
      end(context, fault);
    }
    if (broken) {
      ReferenceCountUtil.release(message);
    } else {
      context.fireChannelRead(message);
    }
  }

  /// Says GOAWAY, as for any other error of the connection.
  private static void end(ChannelHandlerContext context, Http2Exception fault) {
    var http2 = context.pipeline().get(Http2ConnectionHandler.class);
    if (http2 == null) {
      var _ = context.close();
    } else {
      http2.onError(context.pipeline().context(http2), false, fault);
    }
  }

  /// Goes through the headers without moving the reader's place.
  private @Nullable Http2Exception fault(ByteBuf bytes) {
    var at = bytes.readerIndex();
    while (at < bytes.writerIndex()) {
      if (skip > 0) {
        var skipped = Math.min(skip, bytes.writerIndex() - at);
        skip -= skipped;
        at += Math.toIntExact(skipped);
      } else {
        header[headerBytes++] = bytes.getByte(at++);
        if (headerBytes == header.length) {
          headerBytes = 0;
          var fault = faultOfFrame();
          if (fault.isPresent()) {
            return fault.get();
          }
        }
      }
    }
    return null;
  }

  private Optional<Http2Exception> faultOfFrame() {
    var length =
        Byte.toUnsignedInt(header[0]) << 16
            | Byte.toUnsignedInt(header[1]) << 8
            | Byte.toUnsignedInt(header[2]);
    skip = length;
    return switch (header[TYPE]) {
      case Http2FrameTypes.HEADERS -> isSecond(stream()) ? second() : Optional.empty();
      case Http2FrameTypes.DATA, Http2FrameTypes.CONTINUATION ->
          length == 0 && !endsSomething() ? idle() : Optional.empty();
      // What grpc-java counts itself, or cannot do without.
      case Http2FrameTypes.RST_STREAM,
          Http2FrameTypes.PING,
          Http2FrameTypes.WINDOW_UPDATE,
          Http2FrameTypes.GO_AWAY ->
          Optional.empty();
      default -> idle();
    };
  }

  private int stream() {
    return (header[STREAM] & 0x7F) << 24
        | Byte.toUnsignedInt(header[STREAM + 1]) << 16
        | Byte.toUnsignedInt(header[STREAM + 2]) << 8
        | Byte.toUnsignedInt(header[STREAM + 3]);
  }

  /// Streams are begun in the order of their numbers (RFC 9113 §5.1.1).
  private boolean isSecond(int stream) {
    var second = stream <= lastStream;
    lastStream = Math.max(lastStream, stream);
    return second;
  }

  /// END_STREAM of DATA, END_HEADERS of CONTINUATION.
  private boolean endsSomething() {
    var ends =
        header[TYPE] == Http2FrameTypes.DATA ? Http2Flags.END_STREAM : Http2Flags.END_HEADERS;
    return (header[FLAGS] & ends) != 0;
  }

  private Optional<Http2Exception> idle() {
    var now = System.nanoTime();
    if (now - windowBegin > WINDOW.toNanos()) {
      windowBegin = now;
      idleFrames = 0;
    }
    idleFrames++;
    return idleFrames > IDLE_FRAMES
        ? Optional.of(
            Http2Exception.connectionError(
                Http2Error.ENHANCE_YOUR_CALM, "too many frames that do nothing"))
        : Optional.empty();
  }

  private static Optional<Http2Exception> second() {
    return Optional.of(
        Http2Exception.connectionError(
            Http2Error.PROTOCOL_ERROR, "headers of a stream that has some"));
  }
}
