package dev.keyservice.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.MethodDescriptor;
import dev.keyservice.testing.Bytes;
import dev.keyservice.testing.Confided;
import io.grpc.CallOptions;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Requests at random to every method of the packaged service, by a client that keeps to gRPC.
class RandomRequestsIT {
  private static final int REQUESTS = Boolean.getBoolean("proof.full") ? 10_000 : 300;
  private static final long SEED = 20;

  /// What a streaming call may take to begin; then it may go on for as long as it likes.
  private static final int STREAM_MILLIS = 500;

  private static BesetService service;
  private static List<MethodDescriptor> methods;
  private static RandomMessages messages;
  private static Random random;

  @BeforeAll
  static void start() {
    service = new BesetService();
    methods = ServedMethods.all();
    random = new Random(SEED);
    var all = new Calls(service.channels().of("all"));
    var key = all.createKey("ring", "key").getName();
    var ciphertext = all.encrypt(key, Confided.PLAINTEXT, "").getCiphertext();
    messages =
        new RandomMessages(
            random,
            List.of(
                key,
                key + "-that-is-missing",
                key + "/cryptoKeyVersions/1",
                key + "/cryptoKeyVersions/2",
                "keyRings/ring",
                "new-key",
                "crypto.encrypt",
                "cn:all",
                ""),
            List.of(ciphertext, ByteString.EMPTY));
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  @Test
  void everyMethodIsAmongThem() {
    assertTrue(methods.size() >= 10, methods.toString());
  }

  @Test
  void aRandomDecodableRequestIsAnsweredByTheContract() throws Exception {
    areAnsweredByTheContract(
        "decodable requests", method -> messages.ofType(method.getInputType()));
  }

  @Test
  void randomBytesAsARequestAreAnsweredByTheContract() throws Exception {
    areAnsweredByTheContract("bytes as requests", _ -> bytes());
  }

  private static byte[] bytes() {
    var bytes = new byte[random.nextInt(200)];
    random.nextBytes(bytes);
    return bytes;
  }

  private static void areAnsweredByTheContract(
      String what, Function<MethodDescriptor, byte[]> requests) throws Exception {
    var log = service.log();
    var counts = new TreeMap<String, Integer>();
    for (var i = 0; i < REQUESTS; i++) {
      var method = methods.get(i % methods.size());
      counts.merge(outcome(method, requests.apply(method)), 1, Integer::sum);
    }
    System.out.printf(
        "proof: %,d random %s (seed %d): %s, %d log lines of level ERROR, service alive%n",
        REQUESTS, what, SEED, counts, log.errors().size());
    service.assertUnharmed(log);
    assertEquals(REQUESTS, counts.values().stream().mapToInt(Integer::intValue).sum());
  }

  /// `OK`, or code and reason.
  private static String outcome(MethodDescriptor method, byte[] request) {
    try {
      call(method, request);
      return "OK";
    } catch (StatusRuntimeException e) {
      if (method.isServerStreaming() && e.getStatus().getCode() == Status.Code.DEADLINE_EXCEEDED) {
        return "OK"; // It has begun and goes on.
      }
      var refusal =
          Refusal.of(() -> {
            throw e;
          });
      assertFalse(
          List.of(Status.Code.INTERNAL, Status.Code.UNKNOWN).contains(refusal.code()),
          () -> method.getFullName() + ": " + refusal);
      return refusal.code() + " " + refusal.reason();
    }
  }

  /// One request, then the end; as many answers as there are.
  private static void call(MethodDescriptor method, byte[] request) {
    var bytes = new Bytes();
    var grpc =
        io.grpc.MethodDescriptor.newBuilder(bytes, bytes)
            .setType(io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING)
            .setFullMethodName(ServedMethods.fullName(method))
            .build();
    var millis = method.isServerStreaming() ? STREAM_MILLIS : 30_000;
    var options = CallOptions.DEFAULT.withDeadlineAfter(millis, TimeUnit.MILLISECONDS);
    ClientCalls.blockingServerStreamingCall(service.channels().of("all"), grpc, options, request)
        .forEachRemaining(_ -> {});
  }
}
