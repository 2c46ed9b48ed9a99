package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.keyservice.testing.Channels;
import dev.keyservice.testing.Installation;
import dev.keyservice.testing.ServiceProcess;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Who gets a connection to the packaged service, tried with grpc-java and with OpenSSL.
class HandshakeIT {
  private static Installation installation;
  private static ServiceProcess service;
  private static Channels channels;

  @BeforeAll
  static void start() {
    installation = Installation.create();
    service = ServiceProcess.start(installation);
    channels = new Channels(installation, service.port());
  }

  @AfterAll
  static void stop() {
    channels.close();
    service.close();
    installation.close();
  }

  @Test
  void aCallerOfOurAuthorityGetsThrough() {
    assertEquals("cn:app", new Calls(channels.of("app")).whoAmI().getCallerId());
  }

  @Test
  void aCallerOfAnotherAuthorityDoesNot() {
    assertUnreachable(channels.another("stranger"));
  }

  @Test
  void aCallerWithoutACertificateDoesNot() throws IOException {
    assertUnreachable(channel(tls()));
  }

  @Test
  void tls12DoesNot() throws IOException {
    var tls12 =
        tls()
            .keyManager(
                installation.file("app.pem").toFile(), installation.file("app-key.pem").toFile())
            .protocols("TLSv1.2");

    assertUnreachable(channel(tls12));
  }

  @Test
  void plaintextDoesNot() {
    assertUnreachable(
        NettyChannelBuilder.forAddress("localhost", service.port()).usePlaintext().build());
  }

  @Test
  void opensslWithACertificateCompletesTls13() throws Exception {
    var output = openssl("-tls1_3", "-cert", file("app.pem"), "-key", file("app-key.pem"));

    assertTrue(output.contains("Verify return code: 0 (ok)"), output);
    assertTrue(output.contains("TLSv1.3"), output);
    assertFalse(output.contains("alert"), output);
    assertFalse(output.contains("New Session Ticket arrived"), output);
  }

  @Test
  void opensslWithoutACertificateIsRefused() throws Exception {
    assertTrue(openssl("-tls1_3").contains("alert certificate required"));
  }

  @Test
  void opensslWithACertificateOfAnotherAuthorityIsRefused() throws Exception {
    var output =
        openssl("-tls1_3", "-cert", file("stranger.pem"), "-key", file("stranger-key.pem"));

    assertTrue(output.contains("alert certificate unknown"), output);
  }

  @Test
  void opensslWithTls12IsRefused() throws Exception {
    var output = openssl("-tls1_2", "-cert", file("app.pem"), "-key", file("app-key.pem"));

    assertTrue(output.contains("alert protocol version"), output);
  }

  /// Speaks until the service has had time to refuse: with TLS 1.3 a client has finished its
  /// handshake before its certificate is looked at.
  private static String openssl(String... options) throws IOException, InterruptedException {
    assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/openssl")),
        "SKIPPED: /usr/bin/openssl is missing, so no foreign TLS was tried");
    var command =
        new ArrayList<>(
            List.of(
                "openssl",
                "s_client",
                "-connect",
                "localhost:" + service.port(),
                "-alpn",
                "h2",
                "-CAfile",
                file("ca.pem")));
    command.addAll(List.of(options));
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (var input = process.getOutputStream()) {
      assertFalse(process.waitFor(1, TimeUnit.SECONDS) && process.exitValue() == 0);
      input.flush();
    } catch (IOException e) {
      // The service has closed the connection, and openssl with it.
    }
    var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }

  private static String file(String name) {
    return installation.file(name).toString();
  }

  private static SslContextBuilder tls() {
    return GrpcSslContexts.forClient().trustManager(installation.file("ca.pem").toFile());
  }

  private static ManagedChannel channel(SslContextBuilder tls) throws IOException {
    return NettyChannelBuilder.forAddress("localhost", service.port())
        .sslContext(tls.build())
        .build();
  }

  /// The service refuses this channel and nobody else: a good caller's new connection succeeds.
  private static void assertUnreachable(ManagedChannel channel) {
    try {
      var refusal = Refusal.belowTheService(() -> new Calls(channel).whoAmI());

      assertEquals(Status.Code.UNAVAILABLE, refusal.code());
      assertEquals("cn:app", new Calls(channels.another("app")).whoAmI().getCallerId());
    } finally {
      channel.shutdownNow();
    }
  }
}
