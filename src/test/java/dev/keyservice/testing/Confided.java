package dev.keyservice.testing;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/// What the callers of all tests bring along in confidence. Whatever a test reads of a service is
/// searched for it: the log and the files when the service ends, spans, metrics, and the errors
/// that its callers get.
public final class Confided {
  private static final Sentinels SENTINELS = new Sentinels();

  /// A plaintext.
  public static final ByteString PLAINTEXT =
      ByteString.copyFromUtf8(SENTINELS.hide("the plaintext of a test"));

  /// Additional data.
  public static final String AAD = SENTINELS.hide("the additional data of a test");

  private static final String IN_METADATA = SENTINELS.hide("the metadata of a test");

  private Confided() {}

  static void requireAbsent(String place, String text) {
    require(SENTINELS.in(place, text.getBytes(StandardCharsets.ISO_8859_1)));
  }

  static void requireAbsent(Path directory) {
    require(SENTINELS.inFiles(directory));
  }

  private static void require(List<String> found) {
    if (!found.isEmpty()) {
      throw new AssertionError("came out: " + found);
    }
  }

  /// Puts it into the metadata of each call, and looks for it in each error.
  static final class Bringing implements ClientInterceptor {
    private static final List<Metadata.Key<String>> HEADERS =
        List.of(ascii("cookie"), ascii("x-confided"));

    private final Queue<String> errors = new ConcurrentLinkedQueue<>();

    private static Metadata.Key<String> ascii(String name) {
      return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }

    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(
        MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
      return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
        @Override
        public void start(Listener<A> listener, Metadata headers) {
          HEADERS.forEach(name -> headers.put(name, IN_METADATA));
          super.start(
              new SimpleForwardingClientCallListener<>(listener) {
                @Override
                public void onClose(Status status, Metadata trailers) {
                  if (!status.isOk()) {
                    errors.add(status + " " + trailers);
                  }
                  super.onClose(status, trailers);
                }
              },
              headers);
        }
      };
    }

    void requireThatNoErrorHasIt() {
      errors.forEach(error -> requireAbsent("an error", error));
    }
  }
}
