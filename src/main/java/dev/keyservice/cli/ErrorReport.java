package dev.keyservice.cli;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import dev.keyservice.client.ServerUnreachable;
import dev.keyservice.failure.SettingRefused;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/// Ends a command that failed: one line on standard error, and the exit code.
final class ErrorReport implements IExecutionExceptionHandler, IParameterExceptionHandler {
  private final Shell shell;

  ErrorReport(Shell shell) {
    this.shell = shell;
  }

  @Override
  public int handleParseException(ParameterException failure, String[] args) {
    var command = failure.getCommandLine().getCommandSpec().qualifiedName();
    return end(failure.getMessage() + "; see " + command + " --help", ExitCode.USAGE);
  }

  @Override
  public int handleExecutionException(
      Exception failure, CommandLine commandLine, ParseResult parsed) {
    var message = String.valueOf(failure.getMessage());
    return switch (failure) {
      case UsageError _, SettingRefused _ -> end(message, ExitCode.USAGE);
      case ServerUnreachable _ -> end(message, ExitCode.UNREACHABLE);
      case NotPermitted _ -> end(message, ExitCode.REFUSED);
      case NotAsExpected _ -> end(message, ExitCode.FAILED);
      case StatusRuntimeException e when ServerUnreachable.isBehind(e) ->
          end("the connection to the service was lost: " + message(e), ExitCode.UNREACHABLE);
      case StatusRuntimeException e -> end(message(e), exitCode(e.getStatus()));
      default ->
          end("this is a bug, please report it with what you typed: " + failure, ExitCode.BUG);
    };
  }

  private int end(String message, int exitCode) {
    shell.err().println("keyservice: " + oneLine(message));
    return exitCode;
  }

  private static int exitCode(Status status) {
    return switch (status.getCode()) {
      case UNAUTHENTICATED, PERMISSION_DENIED -> ExitCode.REFUSED;
      default -> ExitCode.FAILED;
    };
  }

  /// `message (CODE, REASON); field: what it must be; try again in 1.5 s`.
  static String message(StatusRuntimeException failure) {
    var code = failure.getStatus().getCode().name();
    var description = failure.getStatus().getDescription();
    var details = details(failure);
    var reason =
        first(details, ErrorInfo.class)
            .map(ErrorInfo::getReason)
            .filter(word -> !word.equals(code))
            .map(word -> ", " + word);
    var text = new StringBuilder(description == null ? "no message" : description);
    text.append(" (").append(code).append(reason.orElse("")).append(')');
    for (var violation : violations(details)) {
      if (description == null || !description.contains(violation)) {
        text.append("; ").append(violation);
      }
    }
    first(details, RetryInfo.class)
        .ifPresent(wait -> text.append("; try again in ").append(seconds(wait)));
    return text.toString();
  }

  /// Rounded up: whoever comes sooner is refused again.
  private static String seconds(RetryInfo wait) {
    var seconds =
        BigDecimal.valueOf(wait.getRetryDelay().getSeconds())
            .add(BigDecimal.valueOf(wait.getRetryDelay().getNanos(), 9));
    return seconds.setScale(1, RoundingMode.CEILING) + " s";
  }

  private static List<String> violations(List<Any> details) {
    return first(details, BadRequest.class).stream()
        .flatMap(bad -> bad.getFieldViolationsList().stream())
        .map(violation -> violation.getField() + ": " + violation.getDescription())
        .toList();
  }

  private static List<Any> details(StatusRuntimeException failure) {
    var status = StatusProto.fromThrowable(failure);
    return status == null ? List.of() : new ArrayList<>(status.getDetailsList());
  }

  private static <M extends Message> Optional<M> first(List<Any> details, Class<M> type) {
    try {
      for (var detail : details) {
        if (detail.is(type)) {
          return Optional.of(detail.unpack(type));
        }
      }
    } catch (InvalidProtocolBufferException e) {
      // A detail that cannot be read must not hide the status that it belongs to.
    }
    return Optional.empty();
  }

  /// A server's words must neither forge a second line nor steer the terminal.
  static String oneLine(String message) {
    return message.strip().replaceAll("\\R+", " ").replaceAll("\\p{Cntrl}", "?");
  }
}
