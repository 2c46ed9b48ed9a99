package dev.keyservice.rpc;

import static dev.keyservice.failure.Failure.invalid;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Message;
import dev.keyservice.identity.Caller;
import dev.keyservice.key.ChangeTerms;
import dev.keyservice.key.RequestOnce;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/// What all requests that change something have in common: `request_id`, `validate_only`, and the
/// etag, wherever it stands.
final class Terms {
  private static final Pattern REQUEST_ID =
      Pattern.compile("\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}");
  private static final UUID NIL = new UUID(0, 0);

  private Terms() {}

  /// @param request of a method that changes something
  /// @param etag as the request has it; empty when it has none
  static ChangeTerms of(Message request, String etag) {
    return new ChangeTerms(
        Caller.current().id(),
        etag.isEmpty() ? Optional.empty() : Optional.of(etag),
        (boolean) field(request, "validate_only"),
        once(request, (String) field(request, "request_id")));
  }

  private static Object field(Message request, String name) {
    var type = request.getDescriptorForType();
    return request.getField(type.findFieldByName(name));
  }

  private static Optional<RequestOnce> once(Message request, String id) {
    if (id.isEmpty()) {
      return Optional.empty();
    }
    if (!REQUEST_ID.matcher(id).matches() || UUID.fromString(id).equals(NIL)) {
      throw invalid("request_id", "must be a UUID, and not the one of zeros");
    }
    var type = request.getDescriptorForType().getFullName();
    return Optional.of(new RequestOnce(type, UUID.fromString(id), bytes(request)));
  }

  /// The same bytes for the same request: a map has no order of its own.
  private static byte[] bytes(Message request) {
    var bytes = new ByteArrayOutputStream(request.getSerializedSize());
    try {
      var out = CodedOutputStream.newInstance(bytes);
      out.useDeterministicSerialization();
      request.writeTo(out);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("into memory", e);
    }
    return bytes.toByteArray();
  }
}
