package dev.keyservice.client;

import java.util.List;
import java.util.Map;

/// What the channel repeats by itself when the answer is UNAVAILABLE: calls that change nothing, up
/// to four times in all, after growing random pauses of at most 0.1, 0.2 and 0.4 s, within the
/// deadline of the call. CreateCryptoKey is not among them: when its answer is lost, the key may be
/// there.
final class RetryPolicy {
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
                  "retryPolicy",
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
                      List.of("UNAVAILABLE")))));

  private RetryPolicy() {}
}
