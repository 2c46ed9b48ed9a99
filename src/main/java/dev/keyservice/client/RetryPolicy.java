package dev.keyservice.client;

import java.util.List;
import java.util.Map;

/// What the channel does by itself about a service that is away.
///
/// A call waits for a connection within its deadline, so that one that is being replaced or
/// restarted fails nothing. And calls that change nothing are repeated when the answer is
/// UNAVAILABLE, up to four times in all, after growing random pauses of at most 0.1, 0.2 and 0.4 s.
/// Those that change keys are not among them: when an answer is lost, the change may have been
/// made. Whoever gives such a request an ID may repeat it. WatchCryptoKeys does neither: [KeyWatch]
/// resumes it from where it was, and tells its watcher.
final class RetryPolicy {
  private static final Map<String, ?> REPEATED =
      Map.of(
          "maxAttempts",
          4.0,
          "initialBackoff",
          "0.1s",
          "maxBackoff",
          "1s",
          "backoffMultiplier",
          2.0,
          "retryableStatusCodes",
          List.of("UNAVAILABLE"));

  private static final String KEY_SERVICE = "keyservice.v1.KeyService";

  private static final List<Map<String, ?>> CHANGES_NOTHING =
      List.of(
          Map.of("service", "keyservice.v1.CryptoService"),
          Map.of("service", "keyservice.v1.AccessService"),
          method("ListKeyRings"),
          method("ListCryptoKeys"),
          method("GetCryptoKey"),
          method("ListCryptoKeyVersions"),
          method("GetCryptoKeyVersion"));

  private static final List<Map<String, ?>> CHANGES_KEYS =
      List.of(
          method("CreateCryptoKey"),
          method("UpdateCryptoKey"),
          method("CreateCryptoKeyVersion"),
          method("RotateCryptoKey"),
          method("SetPrimaryVersion"),
          method("EnableCryptoKeyVersion"),
          method("DisableCryptoKeyVersion"),
          method("DestroyCryptoKeyVersion"),
          method("RestoreCryptoKeyVersion"));

  /// As gRPC's service config spells it; its numbers are doubles.
  static final Map<String, ?> SERVICE_CONFIG =
      Map.of(
          "methodConfig",
          List.of(
              Map.of("name", CHANGES_NOTHING, "waitForReady", true, "retryPolicy", REPEATED),
              Map.of("name", CHANGES_KEYS, "waitForReady", true)));

  private static Map<String, ?> method(String name) {
    return Map.of("service", KEY_SERVICE, "method", name);
  }

  private RetryPolicy() {}
}
