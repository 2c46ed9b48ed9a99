package dev.keyservice.cli;

import com.google.protobuf.ByteString;
import dev.keyservice.client.ClientSettings;
import dev.keyservice.client.KeyServiceClient;
import dev.keyservice.client.ServerUnreachable;
import dev.keyservice.maintenance.DevEnvironment;
import dev.keyservice.v1.CreateCryptoKeyRequest;
import dev.keyservice.v1.CryptoKey;
import dev.keyservice.v1.DecryptRequest;
import dev.keyservice.v1.EncryptRequest;
import dev.keyservice.v1.WhoAmIRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.opentelemetry.context.Context;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;

/// The steps of the demonstration, each one line, against a service that is there.
final class Demo {
  private static final KeyPath KEY = new KeyPath("demo", "letters", null);
  private static final String LETTER = "Dear friend, only those who may can read this.\n";

  private static final Duration HEALTH_LIMIT = Duration.ofSeconds(20);

  private final PrintStream out;
  private final DevEnvironment environment;
  private final DevEnvironment strangers;
  private final String address;

  /// @param strangers certificates of another authority
  /// @param address where the service listens
  Demo(PrintStream out, DevEnvironment environment, DevEnvironment strangers, String address) {
    this.out = out;
    this.environment = environment;
    this.strangers = strangers;
    this.address = address;
  }

  /// Shows everything, or throws at the first step that does not end as it should.
  void show(Path letter) {
    try (var client = client(environment.clientCertificate(), environment.clientKey())) {
      step("The service is " + awaitHealth(client) + ".");
      var me = client.access().whoAmI(WhoAmIRequest.getDefaultInstance());
      step("It knows me as " + me.getCallerId() + ", by my certificate.");
      createKey(client);
      encryptAndDecrypt(client, letter);
    }
    refusedStranger();
    refusedNobody();
  }

  /// On a busy machine the first connection to a service that has just started can be late.
  private static ServingStatus awaitHealth(KeyServiceClient client) {
    var end = System.nanoTime() + HEALTH_LIMIT.toNanos();
    while (true) {
      try {
        return client.check();
      } catch (ServerUnreachable e) {
        if (System.nanoTime() > end) {
          throw e;
        }
      }
    }
  }

  private void createKey(KeyServiceClient client) {
    var request =
        CreateCryptoKeyRequest.newBuilder()
            .setParent(KEY.ringResource())
            .setCryptoKeyId(KEY.key())
            .setCryptoKey(
                CryptoKey.newBuilder().setPurpose(CryptoKey.Purpose.ENCRYPT_DECRYPT).build())
            .build();
    var key = client.keys().createCryptoKey(request);
    step(
        "Created the key "
            + KeyPath.shortened(key.getName())
            + " ("
            + key.getPrimary().getAlgorithm()
            + ").");
  }

  private void encryptAndDecrypt(KeyServiceClient client, Path letter) {
    var sealed = Path.of(letter + ".enc");
    try {
      Files.writeString(letter, LETTER);
      var encrypted =
          client
              .crypto()
              .encrypt(
                  EncryptRequest.newBuilder()
                      .setName(KEY.resource())
                      .setPlaintext(ByteString.copyFrom(Files.readAllBytes(letter)))
                      .build());
      Files.write(sealed, encrypted.getCiphertext().toByteArray());
      step(
          "Encrypted "
              + letter.getFileName()
              + ": "
              + Files.size(letter)
              + " bytes became "
              + Files.size(sealed)
              + " in "
              + sealed.getFileName()
              + ".");
      var decrypted =
          client
              .crypto()
              .decrypt(
                  DecryptRequest.newBuilder()
                      .setName(KEY.resource())
                      .setCiphertext(ByteString.copyFrom(Files.readAllBytes(sealed)))
                      .build());
      if (!Arrays.equals(decrypted.getPlaintext().toByteArray(), Files.readAllBytes(letter))) {
        throw new NotAsExpected("what was decrypted is not what was encrypted");
      }
      step("Decrypted it again: the same " + decrypted.getPlaintext().size() + " bytes.");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void refusedStranger() {
    try (var stranger = client(strangers.clientCertificate(), strangers.clientKey())) {
      throw new NotAsExpected(
          "a stranger with a certificate of another authority was let in: " + stranger.check());
    } catch (ServerUnreachable e) {
      step(
          "A stranger with a certificate of another authority is refused:",
          String.valueOf(e.getMessage()));
    }
  }

  private void refusedNobody() {
    try (var nobody = client(environment.nobodyCertificate(), environment.nobodyKey())) {
      var request =
          EncryptRequest.newBuilder()
              .setName(KEY.resource())
              .setPlaintext(ByteString.copyFromUtf8(LETTER))
              .build();
      throw new NotAsExpected(
          "a caller whom no binding names could encrypt with "
              + nobody.crypto().encrypt(request).getName());
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() != Status.Code.PERMISSION_DENIED) {
        throw e;
      }
      step("cn:nobody, whom no binding of the policy names, is refused:", ErrorReport.message(e));
    }
  }

  private void step(String line, String... more) {
    out.println("- " + line);
    for (var text : more) {
      out.println("    " + text);
    }
  }

  private KeyServiceClient client(Path certificate, Path key) {
    var settings =
        ClientSettings.read(
            Map.of(),
            Map.of(
                "KEYSERVICE_ADDRESS", address,
                "KEYSERVICE_TLS_CA_FILE", environment.ca().toString(),
                "KEYSERVICE_TLS_CERT_FILE", certificate.toString(),
                "KEYSERVICE_TLS_KEY_FILE", key.toString()));
    return KeyServiceClient.open(settings, Context::root);
  }
}
