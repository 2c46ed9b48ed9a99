package dev.keyservice.wire;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.function.Executable;

/// What a caller is told when a call fails: everything that is on the wire. Each one proves the
/// error contract, `docs/errors.md`.
///
/// @param reason of the `ErrorInfo`; empty when there is none
record Refusal(
    Status.Code code,
    String message,
    String reason,
    String domain,
    Map<String, String> metadata,
    List<String> fields) {

  private static final Path DOCUMENT = Path.of("docs/errors.md");
  private static final Pattern CONTRACT_ROW =
      Pattern.compile("\\| ([A-Z_]+) \\| ([A-Z_]+) \\| [^|]+ \\| [a-z ]+ \\|");
  private static final Pattern BELOW_ROW = Pattern.compile("\\| [^|]+ \\| ([^|]+) \\|");
  private static final Set<String> CONTRACT = contract();
  private static final Set<String> BELOW = below();

  /// What the service itself answers to a call that fails: a code and reason of the contract.
  static Refusal of(Executable call) {
    var refusal = seen(call);
    Assertions.assertTrue(
        CONTRACT.contains(refusal.code() + " " + refusal.reason()),
        refusal + " is not in " + DOCUMENT);
    Assertions.assertEquals("keyservice.dev", refusal.domain(), refusal.toString());
    return refusal;
  }

  /// What is answered to a call that never reaches the service: a code that the contract has for
  /// such calls, and no `ErrorInfo`.
  static Refusal belowTheService(Executable call) {
    var refusal = seen(call);
    Assertions.assertTrue(
        BELOW.contains(refusal.code().name()), refusal + " is not in " + DOCUMENT);
    Assertions.assertEquals("", refusal.reason(), refusal.toString());
    return refusal;
  }

  private static Set<String> contract() {
    return lines()
        .map(CONTRACT_ROW::matcher)
        .filter(Matcher::matches)
        .map(row -> row.group(1) + " " + row.group(2))
        .collect(Collectors.toUnmodifiableSet());
  }

  private static Set<String> below() {
    var codes = Arrays.stream(Status.Code.values()).map(Status.Code::name).toList();
    return lines()
        .map(BELOW_ROW::matcher)
        .filter(Matcher::matches)
        .flatMap(row -> Arrays.stream(row.group(1).split("[^A-Z_]+")))
        .filter(codes::contains)
        .collect(Collectors.toUnmodifiableSet());
  }

  private static Stream<String> lines() {
    try {
      return Files.readAllLines(DOCUMENT).stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Refusal seen(Executable call) {
    var exception = Assertions.assertThrows(StatusRuntimeException.class, call);
    var status = StatusProto.fromThrowable(exception);
    var info = ErrorInfo.getDefaultInstance();
    List<String> fields = List.of();
    try {
      for (var detail : status.getDetailsList()) {
        if (detail.is(ErrorInfo.class)) {
          info = detail.unpack(ErrorInfo.class);
        } else if (detail.is(BadRequest.class)) {
          fields =
              detail.unpack(BadRequest.class).getFieldViolationsList().stream()
                  .map(BadRequest.FieldViolation::getField)
                  .toList();
        }
      }
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
    return new Refusal(
        exception.getStatus().getCode(),
        String.valueOf(exception.getStatus().getDescription()),
        info.getReason(),
        info.getDomain(),
        info.getMetadataMap(),
        fields);
  }
}
