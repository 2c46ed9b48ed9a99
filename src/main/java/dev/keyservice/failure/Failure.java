package dev.keyservice.failure;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Everything that can be expected to go wrong in a call, one class for each answer.
///
/// A failure has no stack trace: it is an outcome, not a bug. `rpc.StatusMapping` is the one place
/// that turns it into a status; whatever is not a `Failure` becomes `INTERNAL "internal error"`.
/// Messages reach the caller: no secret, path, class name or input goes into one.
public abstract sealed class Failure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Reason reason;
  private final String message;

  private Failure(Reason reason, String message) {
    super(message, null, false, false);
    this.reason = reason;
    this.message = message;
  }

  /// What the caller is told.
  @Override
  public final String getMessage() {
    return message;
  }

  /// The machine-readable cause.
  public final Reason reason() {
    return reason;
  }

  /// Facts for a program, such as the permission that is missing. Keys in lowerCamelCase.
  public Map<String, String> metadata() {
    return Map.of();
  }

  /// A request that can never succeed as it is.
  public static final class InvalidArgument extends Failure {
    private static final long serialVersionUID = 1L;

    private final transient List<FieldViolation> violations;

    private InvalidArgument(Reason reason, String message, List<FieldViolation> violations) {
      super(reason, message);
      this.violations = violations;
    }

    /// The fields at fault; empty when the message as a whole is.
    public List<FieldViolation> violations() {
      return violations;
    }
  }

  /// The caller is not known.
  public static final class Unauthenticated extends Failure {
    private static final long serialVersionUID = 1L;

    /// @param reason one of those that concern authentication
    public Unauthenticated(Reason reason, String message) {
      super(reason, message);
    }
  }

  /// The caller is known and may not.
  public static final class PermissionDenied extends Failure {
    private static final long serialVersionUID = 1L;

    private final String permission;
    private final String resource;

    /// @param resource the name that the request spoke of, or `*` where it names none
    public PermissionDenied(String permission, String resource) {
      super(
          Reason.PERMISSION_DENIED, "permission " + permission + " is not granted on " + resource);
      this.permission = permission;
      this.resource = resource;
    }

    @Override
    public Map<String, String> metadata() {
      return Map.of("permission", permission, "resource", resource);
    }
  }

  /// There is no such thing, said only to those who may know.
  public static final class NotFound extends Failure {
    private static final long serialVersionUID = 1L;

    private final String resource;

    public NotFound(Reason reason, String resource) {
      super(reason, resource + " does not exist");
      this.resource = resource;
    }

    @Override
    public Map<String, String> metadata() {
      return Map.of("resource", resource);
    }
  }

  /// The name is taken.
  public static final class AlreadyExists extends Failure {
    private static final long serialVersionUID = 1L;

    private final String resource;

    public AlreadyExists(String resource) {
      super(Reason.KEY_EXISTS, resource + " already exists");
      this.resource = resource;
    }

    @Override
    public Map<String, String> metadata() {
      return Map.of("resource", resource);
    }
  }

  /// The state of the key does not allow it.
  public static final class FailedPrecondition extends Failure {
    private static final long serialVersionUID = 1L;

    private final transient Map<String, String> metadata;

    /// @param state what the thing is instead, such as `is disabled`
    public FailedPrecondition(Reason reason, String resource, String state) {
      this(reason, resource, state, Map.of());
    }

    /// @param facts beside the resource, for a program
    public FailedPrecondition(
        Reason reason, String resource, String state, Map<String, String> facts) {
      super(reason, resource + " " + state);
      var all = new HashMap<>(facts);
      all.put("resource", resource);
      this.metadata = Map.copyOf(all);
    }

    @Override
    public Map<String, String> metadata() {
      return metadata;
    }
  }

  /// The key was changed since the caller saw it.
  public static final class Aborted extends Failure {
    private static final long serialVersionUID = 1L;

    private final String resource;

    public Aborted(String resource) {
      super(Reason.ETAG_MISMATCH, resource + " has another etag by now: read it, and decide anew");
      this.resource = resource;
    }

    @Override
    public Map<String, String> metadata() {
      return Map.of("resource", resource);
    }
  }

  /// Stored rows that cannot be believed. The other keys go on.
  public static final class DataLoss extends Failure {
    private static final long serialVersionUID = 1L;

    private final String resource;

    public DataLoss(String resource) {
      this(resource, "the stored rows of " + resource + " do not match the change log");
    }

    private DataLoss(String resource, String message) {
      super(Reason.KEY_CORRUPT, message);
      this.resource = resource;
    }

    /// How often a version was used is not known.
    public static DataLoss ofUses(String resource) {
      return new DataLoss(
          resource, "the stored count of the uses of " + resource + " is missing or damaged");
    }

    @Override
    public Map<String, String> metadata() {
      return Map.of("resource", resource);
    }
  }

  /// A place in the change log that is not there: before its beginning or after its end.
  public static final class OutOfRange extends Failure {
    private static final long serialVersionUID = 1L;

    private final long newest;

    /// @param newest the last revision that is there
    public OutOfRange(long revision, long newest) {
      super(
          Reason.REVISION_NOT_FOUND,
          "revision " + revision + " is not in the change log, which ends at " + newest);
      this.newest = newest;
    }

    @Override
    public Map<String, String> metadata() {
      return Map.of("newestRevision", Long.toString(newest));
    }
  }

  /// The caller's time is over.
  public static final class DeadlineExceeded extends Failure {
    private static final long serialVersionUID = 1L;

    public DeadlineExceeded() {
      super(Reason.DEADLINE_EXCEEDED, "the deadline of the call has passed");
    }
  }

  /// The caller does not wait any longer.
  public static final class Cancelled extends Failure {
    private static final long serialVersionUID = 1L;

    public Cancelled() {
      super(Reason.CANCELLED, "the call was cancelled");
    }
  }

  /// The caller has had its share for now.
  public static final class ResourceExhausted extends Failure {
    private static final long serialVersionUID = 1L;

    private final Duration retryAfter;

    /// @param retryAfter after which the same request is due
    public ResourceExhausted(Reason reason, String message, Duration retryAfter) {
      super(reason, message);
      this.retryAfter = Duration.ofMillis(Math.max(1, retryAfter.plusNanos(999_999).toMillis()));
    }

    /// How long to wait before the same request: whole milliseconds, one at least, and never less
    /// than it takes.
    public Duration retryAfter() {
      return retryAfter;
    }
  }

  /// Something that the service needs is away; the same request may succeed later.
  public static final class Unavailable extends Failure {
    private static final long serialVersionUID = 1L;

    public Unavailable(Reason reason, String message) {
      super(reason, message);
    }
  }

  /// One malformed field.
  public static InvalidArgument invalid(String field, String description) {
    return invalid(List.of(new FieldViolation(field, description)));
  }

  /// Several malformed fields, at least one.
  public static InvalidArgument invalid(List<FieldViolation> violations) {
    var first = violations.getFirst();
    return new InvalidArgument(
        Reason.INVALID_FIELD, first.field() + ": " + first.description(), List.copyOf(violations));
  }

  /// A message that cannot be decoded.
  public static InvalidArgument malformedMessage() {
    return new InvalidArgument(
        Reason.MALFORMED_MESSAGE, "the request is not a valid message of its type", List.of());
  }

  /// The one answer to every ciphertext that does not open, so that the cause cannot be told apart.
  public static InvalidArgument cannotDecrypt() {
    return new InvalidArgument(
        Reason.CANNOT_DECRYPT,
        "the ciphertext does not open with this key and additional data",
        List.of());
  }
}
