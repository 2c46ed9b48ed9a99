package dev.keyservice.rpc;

import com.google.protobuf.Any;
import com.google.protobuf.util.Durations;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.LocalizedMessage;
import com.google.rpc.RetryInfo;
import dev.keyservice.call.CallRecord;
import dev.keyservice.call.CallTranslation;
import dev.keyservice.failure.Failure;
import dev.keyservice.failure.FieldViolation;
import dev.keyservice.failure.Reason;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.protobuf.ProtoUtils;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// The one translation of what went wrong into what the caller sees: a `google.rpc.Status` with an
/// `ErrorInfo` of the domain `keyservice.dev`, and a `BadRequest` where fields are at fault.
///
/// Whatever is not a [Failure] is a bug: the caller gets `INTERNAL "internal error"`, the log gets
/// the rest, once, with the trace id.
// Quarkus knows the messages of our own proto files only.
@RegisterForReflection(
    targets = {
      com.google.rpc.Status.class,
      com.google.rpc.Status.Builder.class,
      ErrorInfo.class,
      ErrorInfo.Builder.class,
      BadRequest.class,
      BadRequest.Builder.class,
      BadRequest.FieldViolation.class,
      BadRequest.FieldViolation.Builder.class,
      RetryInfo.class,
      RetryInfo.Builder.class,
      com.google.protobuf.Duration.class,
      com.google.protobuf.Duration.Builder.class,
      LocalizedMessage.class,
      LocalizedMessage.Builder.class,
      Any.class,
      Any.Builder.class
    })
@Singleton
public final class StatusMapping implements CallTranslation {
  /// The domain of every `ErrorInfo`.
  public static final String DOMAIN = "keyservice.dev";

  private static final Logger LOG = Logger.getLogger(StatusMapping.class);

  private static final Metadata.Key<com.google.rpc.Status> DETAILS =
      Metadata.Key.of(
          "grpc-status-details-bin",
          ProtoUtils.metadataMarshaller(com.google.rpc.Status.getDefaultInstance()));

  @Override
  public void refuse(ServerCall<?, ?> call, Throwable cause) {
    var answer = answer(cause);
    call.close(answer.status(), answer.trailers());
  }

  @Override
  public boolean isFinal(Status status, Metadata trailers) {
    return status.isOk() || isOurs(trailers);
  }

  /// What the generated stubs say on their own account, in words of the contract.
  @Override
  public Throwable meaning(Status status) {
    return switch (status.getCode()) {
      case CANCELLED -> new Failure.Cancelled();
      case DEADLINE_EXCEEDED -> new Failure.DeadlineExceeded();
      // A client that half-closes without a message, or sends two where one belongs.
      case INTERNAL ->
          status.getCause() == null ? Failure.malformedMessage() : status.asException();
      default -> status.asException();
    };
  }

  /// What a call is closed with.
  private record Answer(Status status, Metadata trailers) {
    static Answer of(com.google.rpc.Status details) {
      var trailers = new Metadata();
      trailers.put(DETAILS, details);
      var status = Status.fromCodeValue(details.getCode()).withDescription(details.getMessage());
      return new Answer(status, trailers);
    }
  }

  /// The status of a failure, complete with its details; anything unexpected is logged.
  StatusException toStatus(Throwable cause) {
    var answer = answer(cause);
    return answer.status().asException(answer.trailers());
  }

  /// What is told of one item of a batch, in a call that itself succeeds: what a call for that item
  /// alone would be told. Anything unexpected is logged.
  static com.google.rpc.Status statusOfItem(Throwable cause) {
    if (cause instanceof Failure failure) {
      return status(failure);
    }
    LOG.error("an item of a batch failed with an unexpected error", cause);
    return internal();
  }

  /// Not an exception: a refusal happens as often as anyone likes, and a stack trace costs more
  /// than all the rest of it.
  private static Answer answer(Throwable cause) {
    if (cause instanceof Failure failure) {
      CallRecord.current()
          .ifPresent(record -> {
            record.failedWith(failure.reason().name());
            record.explained(failure.getMessage());
          });
      return Answer.of(status(failure));
    }
    if (cause instanceof StatusException translated) {
      var trailers = translated.getTrailers();
      if (trailers != null && isOurs(trailers)) {
        return new Answer(translated.getStatus(), trailers);
      }
    }
    LOG.error("a call failed with an unexpected error", cause);
    CallRecord.current().ifPresent(record -> record.failedWith(Reason.INTERNAL_ERROR.name()));
    return Answer.of(internal());
  }

  /// Whether these trailers carry details of ours.
  static boolean isOurs(@Nullable Metadata trailers) {
    return trailers != null && trailers.containsKey(DETAILS);
  }

  private static com.google.rpc.Status status(Failure failure) {
    var status = status(failure.reason(), failure.getMessage(), failure.metadata());
    if (failure instanceof Failure.InvalidArgument invalid && !invalid.violations().isEmpty()) {
      status.addDetails(Any.pack(badRequest(invalid)));
    }
    if (failure instanceof Failure.ResourceExhausted exhausted) {
      status.addDetails(Any.pack(retryInfo(exhausted.retryAfter())));
    }
    return status.build();
  }

  private static RetryInfo retryInfo(Duration after) {
    return RetryInfo.newBuilder().setRetryDelay(Durations.fromNanos(after.toNanos())).build();
  }

  private static com.google.rpc.Status internal() {
    return status(Reason.INTERNAL_ERROR, "internal error", Map.of()).build();
  }

  /// Exhaustive, so that a new reason must choose its code.
  static Status.Code code(Reason reason) {
    return switch (reason) {
      case INVALID_FIELD, MALFORMED_MESSAGE, CANNOT_DECRYPT -> Status.Code.INVALID_ARGUMENT;
      case CERTIFICATE_REQUIRED, CERTIFICATE_REFUSED, TOKEN_REFUSED, AUTHENTICATION_FAILED ->
          Status.Code.UNAUTHENTICATED;
      case TOO_MANY_REFUSED_TOKENS, RATE_LIMITED -> Status.Code.RESOURCE_EXHAUSTED;
      case PERMISSION_DENIED -> Status.Code.PERMISSION_DENIED;
      case KEY_NOT_FOUND, VERSION_NOT_FOUND -> Status.Code.NOT_FOUND;
      case KEY_EXISTS -> Status.Code.ALREADY_EXISTS;
      case VERSION_NOT_ENABLED,
          VERSION_EXHAUSTED,
          STATE_NOT_ALLOWED,
          WRONG_PURPOSE,
          DELETION_PROTECTED,
          RECENTLY_USED ->
          Status.Code.FAILED_PRECONDITION;
      case ETAG_MISMATCH -> Status.Code.ABORTED;
      case KEY_CORRUPT -> Status.Code.DATA_LOSS;
      case DEADLINE_EXCEEDED -> Status.Code.DEADLINE_EXCEEDED;
      case CANCELLED -> Status.Code.CANCELLED;
      case REVISION_NOT_FOUND -> Status.Code.OUT_OF_RANGE;
      case STORE_UNAVAILABLE, AUDIT_UNAVAILABLE, SHUTTING_DOWN -> Status.Code.UNAVAILABLE;
      case INTERNAL_ERROR -> Status.Code.INTERNAL;
    };
  }

  private static com.google.rpc.Status.Builder status(
      Reason reason, String message, Map<String, String> metadata) {
    var info =
        ErrorInfo.newBuilder().setReason(reason.name()).setDomain(DOMAIN).putAllMetadata(metadata);
    return com.google.rpc.Status.newBuilder()
        .setCode(code(reason).value())
        .setMessage(message)
        .addDetails(Any.pack(info.build()));
  }

  private static BadRequest badRequest(Failure.InvalidArgument invalid) {
    return BadRequest.newBuilder()
        .addAllFieldViolations(
            invalid.violations().stream().map(StatusMapping::fieldViolation).toList())
        .build();
  }

  private static BadRequest.FieldViolation fieldViolation(FieldViolation violation) {
    return BadRequest.FieldViolation.newBuilder()
        .setField(violation.field())
        .setDescription(violation.description())
        .build();
  }
}
