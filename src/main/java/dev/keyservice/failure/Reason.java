package dev.keyservice.failure;

/// Why a call failed: the `reason` of the `google.rpc.ErrorInfo` that every status carries.
///
/// These words are part of the API: clients branch on them. `docs/errors.md` lists them with their
/// status codes, and a test compares that table with this enum.
public enum Reason {
  /// A field of the request is missing, malformed, out of range or unknown.
  INVALID_FIELD(Retry.NO),
  /// The request is not a decodable message of the method's request type.
  MALFORMED_MESSAGE(Retry.NO),
  /// The ciphertext does not open under this key with this additional data, for whatever cause.
  CANNOT_DECRYPT(Retry.NO),
  /// The connection carries no verified client certificate.
  CERTIFICATE_REQUIRED(Retry.NO),
  /// The certificate names no caller unambiguously, or is not believed any more.
  CERTIFICATE_REFUSED(Retry.NO),
  /// The bearer token is not accepted, whatever else the caller proved.
  TOKEN_REFUSED(Retry.NO),
  /// Too many tokens from the caller's address were refused of late; this one was not looked at.
  TOO_MANY_REFUSED_TOKENS(Retry.WHEN_TOLD),
  /// The caller makes more calls than it may.
  RATE_LIMITED(Retry.WHEN_TOLD),
  /// The caller could not be identified because of a fault of the service.
  AUTHENTICATION_FAILED(Retry.NO),
  /// The policy grants the caller no such permission on this name.
  PERMISSION_DENIED(Retry.NO),
  /// No key of this name.
  KEY_NOT_FOUND(Retry.NO),
  /// The key has no version of this number.
  VERSION_NOT_FOUND(Retry.NO),
  /// A key of this name exists; names are never used twice.
  KEY_EXISTS(Retry.NO),
  /// The version exists and cannot be used in its present state.
  VERSION_NOT_ENABLED(Retry.NO),
  /// The version is in a state from which what was asked for does not lead on.
  STATE_NOT_ALLOWED(Retry.NO),
  /// The key is for something else than what it is asked to do.
  WRONG_PURPOSE(Retry.NO),
  /// The key is protected from the destruction of its versions.
  DELETION_PROTECTED(Retry.NO),
  /// The version was used of late, and its destruction was not forced.
  RECENTLY_USED(Retry.NO),
  /// The key is not any more what the caller last saw.
  ETAG_MISMATCH(Retry.NO),
  /// The version has encrypted as often as its algorithm allows.
  VERSION_EXHAUSTED(Retry.NO),
  /// The stored rows of the key do not match the change log: the key is refused. Or the count of
  /// the uses of a version is missing or not the service's: the version does not encrypt.
  KEY_CORRUPT(Retry.NO),
  /// The change log does not hold the revision from which to go on.
  REVISION_NOT_FOUND(Retry.NO),
  /// The time that the caller gave is over, or too short to begin.
  DEADLINE_EXCEEDED(Retry.CALLER_DECIDES),
  /// The caller cancelled the call or went away.
  CANCELLED(Retry.CALLER_DECIDES),
  /// The store cannot be reached or did not confirm a write, whose outcome is then unknown.
  STORE_UNAVAILABLE(Retry.WITH_BACKOFF),
  /// The call could not be recorded in the audit log, so it was not answered. What it did, if
  /// anything, is unknown.
  AUDIT_UNAVAILABLE(Retry.WITH_BACKOFF),
  /// The service is ending; another replica, or the next start, answers.
  SHUTTING_DOWN(Retry.WITH_BACKOFF),
  /// A bug of the service; its log has the details under the trace id.
  INTERNAL_ERROR(Retry.NO);

  /// Whether the same request can succeed later.
  public enum Retry {
    /// The same request fails again until something else changes.
    NO,
    /// The caller may send it again with more time.
    CALLER_DECIDES,
    /// The caller should send it again after a growing pause.
    WITH_BACKOFF,
    /// The caller should send it again after the time in the `google.rpc.RetryInfo`.
    WHEN_TOLD
  }

  private final Retry retry;

  Reason(Retry retry) {
    this.retry = retry;
  }

  /// What a client should do with the same request.
  public Retry retry() {
    return retry;
  }
}
