package dev.keyservice.client;

import static dev.keyservice.client.ClientSettings.ADDRESS;
import static dev.keyservice.client.KeyServiceClient.CHECK_LIMIT;
import static dev.keyservice.client.KeyServiceClient.CONNECT_LIMIT;

import io.grpc.Status;
import io.netty.channel.ConnectTimeoutException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a failure says about the way to the server, whatever is spoken on it.
///
/// @param settings with which the channel connects
record NetworkDiagnosis(ClientSettings settings) {
  Optional<String> sentence(List<Throwable> causes) {
    for (var cause : causes) {
      var sentence =
          switch (cause) {
            case UnknownHostException e ->
                "there is no host '" + settings.host() + "'; check " + ADDRESS;
            case ConnectTimeoutException e ->
                "nothing answers at %s within %d s; check %s"
                    .formatted(settings.address(), CONNECT_LIMIT.toSeconds(), ADDRESS);
            case NoRouteToHostException e ->
                "there is no route to " + settings.address() + "; check " + ADDRESS;
            case ConnectException e ->
                "nothing listens at "
                    + settings.address()
                    + "; is the server running? Check "
                    + ADDRESS;
            default -> null;
          };
      if (sentence != null) {
        return Optional.of(sentence);
      }
    }
    return Optional.empty();
  }

  String silent() {
    return "the server at %s accepts the connection, but does not answer within %d s; check %s"
        .formatted(settings.address(), CHECK_LIMIT.toSeconds(), ADDRESS);
  }

  static boolean isLate(Throwable failure) {
    return Status.fromThrowable(failure).getCode() == Status.Code.DEADLINE_EXCEEDED;
  }

  static List<Throwable> causes(Throwable failure) {
    var causes = new ArrayList<Throwable>();
    for (@Nullable Throwable cause = failure;
        cause != null && !causes.contains(cause);
        cause = cause.getCause()) {
      causes.add(cause);
    }
    return causes;
  }
}
