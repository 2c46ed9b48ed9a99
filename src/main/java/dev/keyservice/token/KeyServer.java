package dev.keyservice.token;

import dev.keyservice.config.Setting;
import dev.keyservice.transport.MaterialRefused;
import dev.keyservice.transport.PemFile;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/// Asks a server for a JWK Set, over TLS and nothing else: redirects are not followed.
final class KeyServer {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int LARGEST = 1 << 20;

  private final URI uri;
  private final Optional<Path> ca;
  private final Duration patience;

  KeyServer(KeySource.OverHttps source) {
    this(source, PATIENCE);
  }

  KeyServer(KeySource.OverHttps source, Duration patience) {
    this.uri = source.uri();
    this.ca = source.ca();
    this.patience = patience;
  }

  /// Its answer. The client is made for one request, so that it uses the authorities that the file
  /// has now, and leaves no thread behind.
  ///
  /// @throws KeysRefused when there is none in time
  String ask() throws InterruptedException {
    var client = client();
    try {
      return ask(client);
    } finally {
      client.shutdownNow();
    }
  }

  private String ask(HttpClient client) throws InterruptedException {
    var request = HttpRequest.newBuilder(uri).header("accept", "application/json").build();
    var body = BodyHandlers.limiting(BodyHandlers.ofString(), LARGEST);
    var answering = client.sendAsync(request, body);
    try {
      // As a whole: a server may begin to answer and then send a byte now and then.
      var answer = answering.get(patience.toMillis(), TimeUnit.MILLISECONDS);
      if (answer.statusCode() != 200) {
        throw new KeysRefused("its server answers with HTTP " + answer.statusCode());
      }
      return answer.body();
    } catch (TimeoutException e) {
      throw new KeysRefused("its server does not answer within " + patience.toSeconds() + " s");
    } catch (ExecutionException e) {
      throw new KeysRefused("its server cannot be reached or trusted");
    } finally {
      answering.cancel(true);
    }
  }

  private HttpClient client() {
    var builder =
        HttpClient.newBuilder()
            .connectTimeout(patience)
            .followRedirects(HttpClient.Redirect.NEVER)
            .version(HttpClient.Version.HTTP_1_1);
    ca.ifPresent(file -> builder.sslContext(trusting(file)));
    return builder.build();
  }

  private static SSLContext trusting(Path file) {
    try {
      var trusted = KeyStore.getInstance(KeyStore.getDefaultType());
      trusted.load(null, null);
      for (var authority : new PemFile(Setting.ISSUERS_FILE.variable(), file).certificates()) {
        trusted.setCertificateEntry(Integer.toString(trusted.size()), authority);
      }
      var managers = TrustManagerFactory.getInstance("PKIX");
      managers.init(trusted);
      var context = SSLContext.getInstance("TLS");
      context.init(null, managers.getTrustManagers(), null);
      return context;
    } catch (MaterialRefused e) {
      throw new KeysRefused("the certificates in " + file + " cannot be used");
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException("the JDK has TLS", e);
    }
  }
}
