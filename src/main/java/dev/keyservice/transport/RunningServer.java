package dev.keyservice.transport;

import dev.keyservice.failure.SettingRefused;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.quarkus.arc.Unremovable;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.BindException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The server that Quarkus was given, for those who have to know whether it listens.
///
/// Quarkus only logs that a server could not be started, and goes on without; the start of the
/// service ends at [#requireListening] instead.
@Singleton
@Unremovable
public class RunningServer {
  private static final Duration LAST_WORDS = Duration.ofSeconds(1);

  private volatile @Nullable Server server;
  private volatile @Nullable ListenAddress address;
  private volatile @Nullable Exception failure;

  /// The port in use, also where the setting said 0.
  ///
  /// @throws IllegalStateException when the server does not listen
  public int port() {
    return running().getPort();
  }

  /// Every service that the server answers for, whoever registered it.
  ///
  /// @throws IllegalStateException when the server does not listen
  public List<ServerServiceDefinition> services() {
    return running().getServices();
  }

  /// Whether the port was opened and not closed again.
  public boolean isListening() {
    var running = server;
    return running != null && !running.isShutdown();
  }

  /// Ends the start when the port could not be opened.
  ///
  /// @param setting the setting that named the address
  /// @throws SettingRefused with the address and what is wrong with it
  public void requireListening(String setting) {
    if (!isListening()) {
      throw new SettingRefused(setting, problem());
    }
  }

  /// Takes no new calls, lets those in progress go on for as long as given, then ends them. Returns
  /// when the port is free again.
  public void stop(Duration grace) {
    var _ = stop(grace, () -> {});
  }

  /// Stops as [#stop(Duration)] does.
  ///
  /// @param told to run when clients have been told to go elsewhere
  /// @return whether every call has ended by itself
  boolean stop(Duration grace, Runnable told) {
    var running = server;
    if (running == null) {
      return true;
    }
    try {
      var _ = running.shutdown();
      told.run();
      if (running.awaitTermination(grace.toMillis(), TimeUnit.MILLISECONDS)) {
        return true;
      }
      var _ = running.shutdownNow().awaitTermination(LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      var _ = running.shutdownNow();
      Thread.currentThread().interrupt();
    }
    return false;
  }

  private Server running() {
    var running = server;
    if (running == null) {
      throw new IllegalStateException("the server does not listen");
    }
    return running;
  }

  void listensAs(Server started) {
    server = started;
    failure = null;
  }

  void failedToListen(ListenAddress wanted, Exception cause) {
    address = wanted;
    failure = cause;
  }

  private String problem() {
    return switch (failure) {
      case null -> "the server was not started";
      case BindException _ -> address + " is in use, or not an address of this machine";
      case IOException cause when cause.getCause() instanceof BindException ->
          address + " is in use, or not an address of this machine";
      case Exception cause -> address + " cannot be listened on: " + cause.getMessage();
    };
  }
}
