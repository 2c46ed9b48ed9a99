package dev.keyservice.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.keyservice.maintenance.MintedCertificate;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/// A server with the keys of an issuer, over https, that can be made to misbehave.
public final class KeyHost implements AutoCloseable {
  /// What it does when it is asked.
  public sealed interface Behaviour {
    /// Answers with this status and text.
    record Answer(int status, String text) implements Behaviour {}

    /// Sends its caller elsewhere.
    record Redirect(URI to) implements Behaviour {}

    /// Begins to answer, then sends a byte now and then.
    record Trickle() implements Behaviour {}

    /// Says nothing.
    record Silence() implements Behaviour {}

    /// Answers without end.
    record Endless() implements Behaviour {}
  }

  private final HttpsServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final AtomicInteger asked = new AtomicInteger();
  private volatile Behaviour behaviour;

  /// @param certificate of the server, for localhost
  public KeyHost(MintedCertificate certificate, Behaviour first) {
    this.behaviour = first;
    try {
      server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.setHttpsConfigurator(new HttpsConfigurator(context(certificate)));
      server.createContext("/", this::answer);
      server.setExecutor(threads);
      server.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static SSLContext context(MintedCertificate certificate)
      throws GeneralSecurityException, IOException {
    var store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry(
        "server",
        certificate.key(),
        new char[0],
        new X509Certificate[] {certificate.certificate()});
    var keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(store, new char[0]);
    var context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context;
  }

  /// Where the keys are.
  public URI uri() {
    return URI.create("https://localhost:" + server.getAddress().getPort() + "/jwks");
  }

  /// From now on it does this.
  public void behave(Behaviour next) {
    behaviour = next;
  }

  /// Answers with these keys.
  public void serve(String jwks) {
    behave(new Behaviour.Answer(200, jwks));
  }

  /// How often it was asked.
  public int asked() {
    return asked.get();
  }

  private void answer(HttpExchange exchange) throws IOException {
    asked.incrementAndGet();
    try (exchange) {
      switch (behaviour) {
        case Behaviour.Answer(var status, var text) -> {
          var bytes = text.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status, bytes.length);
          exchange.getResponseBody().write(bytes);
        }
        case Behaviour.Redirect(var to) -> {
          exchange.getResponseHeaders().add("Location", to.toString());
          exchange.sendResponseHeaders(302, -1);
        }
        case Behaviour.Trickle() -> {
          exchange.sendResponseHeaders(200, 0);
          while (behaviour instanceof Behaviour.Trickle) {
            write(exchange, " ");
            TimeUnit.MILLISECONDS.sleep(200);
          }
        }
        case Behaviour.Silence() -> {
          while (behaviour instanceof Behaviour.Silence) {
            TimeUnit.MILLISECONDS.sleep(50);
          }
        }
        case Behaviour.Endless() -> {
          exchange.sendResponseHeaders(200, 0);
          while (behaviour instanceof Behaviour.Endless) {
            write(exchange, " ".repeat(64 << 10));
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void write(HttpExchange exchange, String text) throws IOException {
    exchange.getResponseBody().write(text.getBytes(StandardCharsets.UTF_8));
    exchange.getResponseBody().flush();
  }

  @Override
  public void close() {
    behaviour = new Behaviour.Answer(503, "");
    server.stop(0);
    threads.shutdownNow();
  }
}
