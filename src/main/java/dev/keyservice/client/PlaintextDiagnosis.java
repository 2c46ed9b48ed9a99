package dev.keyservice.client;

import static dev.keyservice.client.ClientSettings.ADDRESS;

import dev.keyservice.transport.TlsSwitch;

/// Turns a connection without TLS that failed into one plain sentence.
///
/// @param settings with which the channel connects
record PlaintextDiagnosis(ClientSettings settings) {
  ServerUnreachable explain(Throwable failure) {
    var network = new NetworkDiagnosis(settings);
    var sentence =
        network
            .sentence(NetworkDiagnosis.causes(failure))
            .orElseGet(() -> NetworkDiagnosis.isLate(failure) ? network.silent() : notUnderstood());
    return new ServerUnreachable(sentence, failure);
  }

  private String notUnderstood() {
    return "the server at "
        + settings.address()
        + " does not speak gRPC without TLS; check "
        + TlsSwitch.SETTING
        + " and "
        + ADDRESS;
  }
}
