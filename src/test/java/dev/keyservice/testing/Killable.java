package dev.keyservice.testing;

import dev.keyservice.v1.KeyServiceGrpc;
import dev.keyservice.v1.WatchCryptoKeysRequest;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import java.io.File;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A process with many clients, each on a connection of its own in the middle of a call, to be
/// killed.
public final class Killable {
  private Killable() {}

  /// Starts it.
  public static Process start(Installation installation, int port, int clients) throws IOException {
    var command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            Killable.class.getName(),
            installation.file("").toString(),
            Integer.toString(port),
            Integer.toString(clients));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /// Holds the clients until it is killed.
  ///
  /// @param arguments directory of the installation, port, number of clients
  public static void main(String[] arguments) throws Exception {
    var directory = Path.of(arguments[0]);
    var tls =
        GrpcSslContexts.forClient()
            .trustManager(file(directory, "ca.pem"))
            .keyManager(file(directory, "all.pem"), file(directory, "all-key.pem"))
            .build();
    var kept = new ArrayList<Object>();
    for (var i = 0; i < Integer.parseInt(arguments[2]); i++) {
      var channel =
          NettyChannelBuilder.forAddress("localhost", Integer.parseInt(arguments[1]))
              .sslContext(tls)
              .build();
      var watch =
          KeyServiceGrpc.newBlockingStub(channel)
              .watchCryptoKeys(WatchCryptoKeysRequest.getDefaultInstance());
      kept.add(List.of(channel, watch, watch.next()));
    }
    try {
      TimeUnit.MINUTES.sleep(10);
    } finally {
      Reference.reachabilityFence(kept);
    }
  }

  private static File file(Path directory, String name) {
    return directory.resolve(name).toFile();
  }
}
