package example;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import dev.keyservice.v1.CryptoServiceGrpc;
import dev.keyservice.v1.CryptoServiceGrpc.CryptoServiceBlockingStub;
import dev.keyservice.v1.DecryptRequest;
import dev.keyservice.v1.EncryptRequest;
import dev.keyservice.v1.GenerateDataKeyRequest;
import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.protobuf.StatusProto;
import io.grpc.util.AdvancedTlsX509KeyManager;
import io.grpc.util.AdvancedTlsX509TrustManager;
import java.io.File;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Checks health, encrypts and decrypts, and makes a data key; once, or again and again. */
public final class Example {
  /**
   * What is repeated, and what is not. Calls of CryptoService change nothing, so one that met a
   * service that is UNAVAILABLE may be sent again, after a random pause that grows. No other code
   * is repeated: the answer would be the same. Calls of KeyService that change keys do not belong
   * here: when their answer is lost, the change may have been made.
   */
  private static final Map<String, ?> SERVICE_CONFIG =
      Map.of(
          "methodConfig",
          List.of(
              Map.of(
                  "name",
                  List.of(Map.of("service", "keyservice.v1.CryptoService")),
                  "waitForReady",
                  true,
                  "retryPolicy",
                  Map.of(
                      "maxAttempts", 4.0, // numbers of a service config are doubles
                      "initialBackoff", "0.1s",
                      "maxBackoff", "1s",
                      "backoffMultiplier", 2.0,
                      "retryableStatusCodes", List.of("UNAVAILABLE")))));

  /** How long the caller waits for one call, repetitions included. */
  private static final Duration DEADLINE = Duration.ofSeconds(5);

  public static void main(String[] args) throws Exception {
    if (args.length < 1 || args.length > 2 || args[0].split("/").length != 2) {
      System.err.println("usage: Example RING/KEY [SECONDS]");
      System.exit(2);
    }
    var path = args[0].split("/");
    var key = "keyRings/" + path[0] + "/cryptoKeys/" + path[1];
    var refresher = Executors.newSingleThreadScheduledExecutor(Thread.ofVirtual().factory());
    var channel = connect(refresher);
    try {
      if (!round(channel, key) && args.length == 1) System.exit(1);
      while (args.length == 2) {
        Thread.sleep((long) (Double.parseDouble(args[1]) * 1000));
        round(channel, key);
      }
    } finally {
      channel.shutdownNow();
      refresher.shutdownNow();
    }
  }

  private static boolean round(Channel channel, String key) {
    try {
      checkHealth(channel);
      encryptAndDecrypt(CryptoServiceGrpc.newBlockingStub(channel), key);
      makeDataKey(CryptoServiceGrpc.newBlockingStub(channel), key);
      return true;
    } catch (StatusRuntimeException failure) {
      System.err.println(explain(failure));
      return false;
    }
  }

  private static ManagedChannel connect(ScheduledExecutorService refresher)
      throws IOException, GeneralSecurityException {
    return Grpc.newChannelBuilder(System.getenv("KEYSERVICE_ADDRESS"), mutualTls(refresher))
        .defaultServiceConfig(SERVICE_CONFIG)
        .build();
  }

  /**
   * Both sides prove who they are. The files are read again every five seconds: a new certificate,
   * or a new CA, counts from the next connection on, and the service ends each connection after a
   * while (30 minutes, unless told otherwise) so that there is one.
   */
  private static ChannelCredentials mutualTls(ScheduledExecutorService refresher)
      throws IOException, GeneralSecurityException {
    var own = new AdvancedTlsX509KeyManager();
    var others = AdvancedTlsX509TrustManager.newBuilder().build();
    // These classes also have a schedule of their own, which is once a minute at the most.
    readFiles(own, others);
    refresher.scheduleWithFixedDelay(() -> tryToReadFiles(own, others), 5, 5, TimeUnit.SECONDS);
    return TlsChannelCredentials.newBuilder().keyManager(own).trustManager(others).build();
  }

  private static void readFiles(AdvancedTlsX509KeyManager own, AdvancedTlsX509TrustManager others)
      throws IOException, GeneralSecurityException {
    own.updateIdentityCredentials(
        file("KEYSERVICE_TLS_CERT_FILE"), file("KEYSERVICE_TLS_KEY_FILE"));
    others.updateTrustCredentials(file("KEYSERVICE_TLS_CA_FILE"));
  }

  /** Files that cannot be used change nothing; they may be half replaced. */
  private static void tryToReadFiles(
      AdvancedTlsX509KeyManager own, AdvancedTlsX509TrustManager others) {
    try {
      readFiles(own, others);
    } catch (IOException | GeneralSecurityException | RuntimeException unusable) {
      System.err.println("the certificate files cannot be used: " + unusable.getMessage());
    }
  }

  private static File file(String variable) {
    return new File(System.getenv(variable));
  }

  private static void checkHealth(Channel channel) {
    // Health is asked for what it is now, so it is not repeated, but a connection is waited for.
    var answer =
        HealthGrpc.newBlockingStub(channel)
            .withWaitForReady()
            .withDeadlineAfter(DEADLINE)
            .check(HealthCheckRequest.getDefaultInstance());
    System.out.println("health: " + answer.getStatus());
  }

  private static void encryptAndDecrypt(CryptoServiceBlockingStub crypto, String key) {
    var plaintext = ByteString.copyFrom("attack at dawn", UTF_8);
    // Whoever decrypts has to name the same row: a ciphertext that was moved does not open.
    var row = ByteString.copyFrom("orders/42", UTF_8);
    var sealed =
        crypto
            .withDeadlineAfter(DEADLINE)
            .encrypt(
                EncryptRequest.newBuilder()
                    .setName(key)
                    .setPlaintext(plaintext)
                    .setAdditionalAuthenticatedData(row)
                    .build());
    var opened =
        crypto
            .withDeadlineAfter(DEADLINE)
            .decrypt(
                DecryptRequest.newBuilder()
                    .setName(key)
                    .setCiphertext(sealed.getCiphertext())
                    .setAdditionalAuthenticatedData(row)
                    .build());
    if (!opened.getPlaintext().equals(plaintext)) {
      throw new IllegalStateException("another plaintext came back");
    }
    System.out.printf(
        "encrypted %d bytes with %s, and decrypted them%n", plaintext.size(), sealed.getName());
  }

  private static void makeDataKey(CryptoServiceBlockingStub crypto, String key) {
    var made =
        crypto
            .withDeadlineAfter(DEADLINE)
            .generateDataKey(GenerateDataKeyRequest.newBuilder().setName(key).build());
    // Encrypt data with the plaintext, erase it, and keep the ciphertext beside the data.
    var dataKey = made.getPlaintext().toByteArray();
    System.out.printf(
        "data key of %d bytes, %d bytes encrypted%n", dataKey.length, made.getCiphertext().size());
    Arrays.fill(dataKey, (byte) 0);
  }

  /** What was refused, with its reason, which is what programs should branch on. */
  private static String explain(StatusRuntimeException failure) {
    var status = StatusProto.fromThrowable(failure);
    for (Any detail : status.getDetailsList()) {
      if (detail.is(ErrorInfo.class)) {
        return "%s (%s, %s)"
            .formatted(status.getMessage(), failure.getStatus().getCode(), reason(detail));
      }
    }
    return "%s (%s)".formatted(status.getMessage(), failure.getStatus().getCode());
  }

  private static String reason(Any detail) {
    try {
      return detail.unpack(ErrorInfo.class).getReason();
    } catch (InvalidProtocolBufferException malformed) {
      return "no reason";
    }
  }

  private Example() {}
}
