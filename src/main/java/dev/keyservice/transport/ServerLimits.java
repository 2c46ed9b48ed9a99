package dev.keyservice.transport;

import java.time.Duration;

/// What one connection or call may take from the server. None of them is a quota of a caller; they
/// bound what anybody can make the process hold.
///
/// @param messageBytes largest message of a request
/// @param metadataBytes all headers of a call together
/// @param callsPerConnection calls in progress on one connection; more wait at the client
/// @param handshake how long a connection may take until its TLS is done
/// @param idle how long a connection without a call is kept
/// @param age how long any connection is kept, so that new certificates and replicas come into use
/// @param ageGrace how long calls may go on after that
/// @param keepAlive silence after which the server asks whether the client is still there
/// @param keepAliveTimeout silence after which it then gives the connection up
/// @param permittedPings shortest pause between two pings of a client
/// @param resets streams that a client may reset within `resetWindow`
/// @param resetWindow see `resets`
/// @param minimumTime what a call must have left of its deadline to be begun
/// @param drain how long calls may go on when the process is told to end
public record ServerLimits(
    int messageBytes,
    int metadataBytes,
    int callsPerConnection,
    Duration handshake,
    Duration idle,
    Duration age,
    Duration ageGrace,
    Duration keepAlive,
    Duration keepAliveTimeout,
    Duration permittedPings,
    int resets,
    Duration resetWindow,
    Duration minimumTime,
    Duration drain) {
  /// 1.5 MiB a message: a full batch of 1 MiB and its framing. 1 ms to begin a call: an answer on
  /// its way back needs that long, so that less time would only be spent on work nobody receives.
  public static final ServerLimits DEFAULT =
      new ServerLimits(
          3 << 19,
          16 << 10,
          200,
          Duration.ofSeconds(10),
          Duration.ofMinutes(15),
          Duration.ofMinutes(30),
          Duration.ofSeconds(30),
          Duration.ofSeconds(60),
          Duration.ofSeconds(20),
          Duration.ofSeconds(10),
          200,
          Duration.ofSeconds(30),
          Duration.ofMillis(1),
          Duration.ofSeconds(10));
}
