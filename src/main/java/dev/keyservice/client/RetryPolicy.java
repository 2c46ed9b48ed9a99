package dev.keyservice.client;

import java.util.List;
import java.util.Map;

/// What the channel does by itself about a service that is away.
///
/// A call waits for a connection within its deadline, so that one that is being replaced or
/// restarted fails nothing. And calls that change nothing are repeated when the answer is
/// UNAVAILABLE, up to four times in all, after growing random pauses of at most 0.1, 0.2 and 0.4 s.
/// CreateCryptoKey is not among them: when its answer is lost, the key may be there.
/// WatchCryptoKeys does neither: [KeyWatch] resumes it from where it was, and tells its watcher.
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

  /// As gRPC's service config spells it; its numbers are doubles.
  static final Map<String, ?> SERVICE_CONFIG =
      Map.of(
          "methodConfig",
          List.of(
              Map.of(
                  "name",
                  List.of(
                      Map.of("service", "keyservice.v1.CryptoService"),
                      Map.of("service", "keyservice.v1.AccessService"),
                      Map.of("service", "keyservice.v1.KeyService", "method", "ListKeyRings"),
                      Map.of("service", "keyservice.v1.KeyService", "method", "ListCryptoKeys"),
                      Map.of("service", "keyservice.v1.KeyService", "method", "GetCryptoKey")),
                  "waitForReady",
                  true,
                  "retryPolicy",
                  REPEATED),
              Map.of(
                  "name",
                  List.of(
                      Map.of("service", "keyservice.v1.KeyService", "method", "CreateCryptoKey")),
                  "waitForReady",
                  true)));

  private RetryPolicy() {}
}
