package dev.keyservice.call;

import io.grpc.Metadata;
import java.util.Optional;
import java.util.regex.Pattern;

/// What a caller calls its request, in its metadata `x-request-id`, so that it finds it again in
/// our records.
///
/// A caller may write anything there, and it ends up in log lines: only what cannot be taken for
/// something else, and is not long, counts.
public final class RequestId {
  /// Under which the caller sends it.
  public static final Metadata.Key<String> HEADER =
      Metadata.Key.of("x-request-id", Metadata.ASCII_STRING_MARSHALLER);

  /// Visible ASCII without quotes.
  private static final Pattern SYNTAX = Pattern.compile("[!-~&&[^\"'`]]{1,128}");

  private RequestId() {}

  /// The one that the caller sent. Empty when it sent none, several, or one that is not 1 to 128
  /// visible characters of ASCII without quotes.
  public static Optional<String> of(Metadata headers) {
    var values = headers.getAll(HEADER);
    if (values == null) {
      return Optional.empty();
    }
    var all = values.iterator();
    var first = all.next();
    return all.hasNext() || !SYNTAX.matcher(first).matches()
        ? Optional.empty()
        : Optional.of(first);
  }
}
