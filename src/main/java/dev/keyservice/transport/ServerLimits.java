package dev.keyservice.transport;

import java.time.Duration;

/// What one connection or call may take from the server. None of them is a quota of a caller; they
/// bound what anybody can make the process hold.
///
/// @param messageBytes largest message of a request
/// @param metadataBytes all headers of a call together
/// @param connections connections of all clients together, whether their TLS is done or not
/// @param connectionsPerAddress those from one address
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
    int connections,
    int connectionsPerAddress,
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
  /// 1 ms to begin a call: an answer on its way back needs that long, so that less time would only
  /// be spent on work that nobody receives.
  public static final Duration MINIMUM_TIME = Duration.ofMillis(1);

  /// Silence after which a client is asked whether it is still there.
  public static final Duration KEEP_ALIVE = Duration.ofSeconds(60);

  /// Silence after which a client that was asked is given up.
  public static final Duration KEEP_ALIVE_TIMEOUT = Duration.ofSeconds(20);
}
