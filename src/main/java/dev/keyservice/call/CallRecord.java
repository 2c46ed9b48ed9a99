package dev.keyservice.call;

import io.grpc.Context;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// The facts of one call, gathered on its way through the stages.
///
/// [CallStage#ACCESS_LOG] opens it and puts it into the gRPC context, later stages add what they
/// find out. It holds names only: no payload, token or key material. It may be filled and read by
/// different threads.
public final class CallRecord {
  /// Where the stages find the record of their call.
  public static final Context.Key<CallRecord> KEY = Context.key("dev.keyservice.call");

  private final String method;
  private final String peer;
  private final long startNanos;
  private volatile @Nullable String requestId;
  private volatile @Nullable String callerId;
  private volatile @Nullable String callerCn;
  private volatile @Nullable String sourceKey;
  private volatile @Nullable Integer sourceVersion;
  private volatile @Nullable String key;
  private volatile @Nullable Integer version;
  private volatile @Nullable Integer items;
  private volatile @Nullable Integer failed;
  private volatile @Nullable Long revision;
  private volatile @Nullable String reason;
  private volatile @Nullable String message;
  private volatile @Nullable String traceId;

  /// @param method full name, such as `keyservice.v1.CryptoService/Encrypt`
  /// @param peer address the call came from, such as `10.1.2.3:40112`
  /// @param startNanos when it began, by `System.nanoTime()`
  public CallRecord(String method, String peer, long startNanos) {
    this.method = method;
    this.peer = peer;
    this.startNanos = startNanos;
  }

  /// The record of the call that this thread works for; empty outside a call.
  public static Optional<CallRecord> current() {
    return Optional.ofNullable(KEY.get());
  }

  public String method() {
    return method;
  }

  public String peer() {
    return peer;
  }

  public long startNanos() {
    return startNanos;
  }

  /// What the caller calls its request.
  ///
  /// @param id a [RequestId]
  public void requestedAs(String id) {
    this.requestId = id;
  }

  /// Who calls.
  ///
  /// @param id the identity that the policy speaks of
  /// @param cn common name of the certificate, where it has one
  public void calledBy(String id, @Nullable String cn) {
    this.callerId = id;
    this.callerCn = cn;
  }

  /// Which key the call is about. A call that takes from one key to another tells both, the source
  /// first.
  ///
  /// @param name resource name of the ring or key that the request spoke of
  public void concerns(String name) {
    this.sourceKey = this.key;
    this.key = name;
  }

  /// Which version of the key did the work.
  public void usedVersion(int number) {
    this.version = number;
  }

  /// Which version of the source did its part of the work.
  public void usedSourceVersion(int number) {
    this.sourceVersion = number;
  }

  /// What became of the items of a batch.
  ///
  /// @param failed how many of them were answered with an error, while the call succeeds
  public void worked(int items, int failed) {
    this.items = items;
    this.failed = failed;
  }

  /// What the call changed, and has committed.
  ///
  /// @param number the revision of the store's change log
  public void changed(long number) {
    this.revision = number;
  }

  /// Why the call failed.
  ///
  /// @param reason the `reason` of the status, such as `KEY_NOT_FOUND`
  public void failedWith(String reason) {
    this.reason = reason;
  }

  /// What the caller is told about it.
  public void explained(String message) {
    this.message = message;
  }

  /// In which trace the call is recorded.
  ///
  /// @param id 32 hexadecimal digits
  public void tracedAs(String id) {
    this.traceId = id;
  }

  /// Empty when the caller sent none, or one that does not count.
  public Optional<String> requestId() {
    return Optional.ofNullable(requestId);
  }

  /// Empty until the caller is known.
  public Optional<String> callerId() {
    return Optional.ofNullable(callerId);
  }

  public Optional<String> callerCn() {
    return Optional.ofNullable(callerCn);
  }

  public Optional<String> key() {
    return Optional.ofNullable(key);
  }

  public Optional<Integer> version() {
    return Optional.ofNullable(version);
  }

  /// The key that something was taken from; empty for a call about one key or none.
  public Optional<String> sourceKey() {
    return Optional.ofNullable(sourceKey);
  }

  public Optional<Integer> sourceVersion() {
    return Optional.ofNullable(sourceVersion);
  }

  /// How many items of a batch were answered; empty for any other call, and for a batch that was
  /// refused as a whole.
  public Optional<Integer> items() {
    return Optional.ofNullable(items);
  }

  /// How many of them failed.
  public Optional<Integer> failed() {
    return Optional.ofNullable(failed);
  }

  /// The revision of the change; empty for a call that changed nothing.
  public OptionalLong revision() {
    var number = revision;
    return number == null ? OptionalLong.empty() : OptionalLong.of(number);
  }

  /// Empty for a call that succeeded.
  public Optional<String> reason() {
    return Optional.ofNullable(reason);
  }

  /// What the caller is told when the call fails; empty for a call that succeeded.
  public Optional<String> message() {
    return Optional.ofNullable(message);
  }

  /// Empty for a call that was not traced.
  public Optional<String> traceId() {
    return Optional.ofNullable(traceId);
  }
}
