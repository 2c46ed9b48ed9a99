package dev.keyservice.stage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.api.ResourceProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.FieldMask;
import com.google.protobuf.Message;
import dev.keyservice.testing.Channels;
import dev.keyservice.testing.CountingStore;
import dev.keyservice.testing.RunningInstallation;
import dev.keyservice.transport.RunningServer;
import dev.keyservice.v1.CreateCryptoKeyRequest;
import dev.keyservice.v1.CryptoKey;
import dev.keyservice.v1.CryptoServiceGrpc;
import dev.keyservice.v1.KeyServiceGrpc;
import dev.keyservice.v1.Requirement;
import dev.keyservice.v1.RequirementsProto;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import io.grpc.stub.ClientCalls;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A key that a caller may not use and one that does not exist are the same to it: every method
/// that names a key decides from names alone, before anything is looked up.
@QuarkusTest
@QuarkusTestResource(RunningInstallation.class)
@TestProfile(ForbiddenKeysTest.Counting.class)
class ForbiddenKeysTest {
  private static final String RING = "keyRings/secret";

  /// Of the same length, so that they can be exchanged in the bytes of an answer.
  private static final String THERE = "is-there";

  private static final String MISSING = "is-not-x";

  private static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

  /// As a plaintext anything; as a ciphertext of the first version one that is not opened before
  /// its key is looked up.
  private static final ByteString BYTES =
      ByteString.fromHex("0100000001").concat(ByteString.copyFrom(new byte[100]));

  @Inject RunningServer server;

  private Channels channels;

  /// The service with the store that counts.
  public static final class Counting implements QuarkusTestProfile {
    @Override
    public Set<Class<?>> getEnabledAlternatives() {
      return Set.of(CountingStore.class);
    }
  }

  @BeforeEach
  void connect() {
    channels = new Channels(RunningInstallation.get(), server.port());
  }

  @AfterEach
  void disconnect() {
    channels.close();
  }

  @Test
  void aMissingAndAForbiddenKeyAnswerAlikeAndNothingIsLookedUp() throws Exception {
    var calls = calls();
    assertTrue(calls.size() >= 5, calls.toString());
    for (var number = 0; number < calls.size(); number++) {
      var call = calls.get(number);
      var there = THERE + number;
      var missing = MISSING + number;
      create(there);
      for (var caller : List.of("app", "unbound")) {
        var before = CountingStore.lookUps();

        var forbidden = call.refused(channels.of(caller), there);
        var notThere = call.refused(channels.of(caller), missing);

        assertEquals(0, CountingStore.lookUps() - before, call.toString());
        assertEquals(Status.Code.PERMISSION_DENIED, forbidden.getStatus().getCode());
        assertEquals(text(forbidden).replace(there, "KEY"), text(notThere).replace(missing, "KEY"));
        assertTrue(text(forbidden).contains(there), text(forbidden));
      }
      assertLookedUp(call, there);
    }
    System.out.printf(
        "proof: %d requests of methods that name a key: a missing and a forbidden one answered"
            + " alike, byte for byte, with 0 look-ups%n",
        calls.size());
  }

  /// So that the counter is known to count. The key was not used before, so it is in no cache.
  private void assertLookedUp(NamingCall call, String key) {
    var before = CountingStore.lookUps();

    call.make(channels.of("all"), key);

    assertTrue(CountingStore.lookUps() > before, call.toString());
  }

  /// Status, message, and the bytes of the details.
  private static String text(StatusRuntimeException refused) {
    var trailers = refused.getTrailers();
    return refused.getStatus()
        + " "
        + trailers.keys()
        + new String(trailers.get(DETAILS), StandardCharsets.ISO_8859_1);
  }

  private void create(String key) {
    var _ =
        KeyServiceGrpc.newBlockingStub(channels.of("all"))
            .createCryptoKey(
                CreateCryptoKeyRequest.newBuilder()
                    .setParent(RING)
                    .setCryptoKeyId(key)
                    .setCryptoKey(
                        CryptoKey.newBuilder().setPurpose(CryptoKey.Purpose.ENCRYPT_DECRYPT))
                    .build());
  }

  /// One for every method of these services that requires something of a resource, and for each
  /// kind of name that it takes.
  private static List<NamingCall> calls() {
    var calls = new ArrayList<NamingCall>();
    Stream.of(KeyServiceGrpc.getServiceDescriptor(), CryptoServiceGrpc.getServiceDescriptor())
        .flatMap(service -> service.getMethods().stream())
        .forEach(method -> calls.addAll(calls(method)));
    return calls;
  }

  private static List<NamingCall> calls(io.grpc.MethodDescriptor<?, ?> method) {
    var schema =
        ((ProtoMethodDescriptorSupplier) method.getSchemaDescriptor()).getMethodDescriptor();
    var naming =
        schema.getOptions().getExtension(RequirementsProto.requires).stream()
            .filter(Requirement::hasResource)
            .toList();
    if (naming.isEmpty()) {
      return List.of();
    }
    return kinds(schema, naming.getFirst())
        .map(kind -> new NamingCall(method, schema, naming, kind))
        .toList();
  }

  private static Stream<String> kinds(MethodDescriptor schema, Requirement naming) {
    if (!naming.getChildId().isEmpty()) {
      return Stream.of("");
    }
    var path = naming.getResource().split("\\.", -1);
    var type = schema.getInputType();
    for (var i = 0; i < path.length - 1; i++) {
      type = type.findFieldByName(path[i]).getMessageType();
    }
    var reference =
        type.findFieldByName(path[path.length - 1])
            .getOptions()
            .getExtension(ResourceProto.resourceReference);
    // A parent of versions, and the name of a key in itself, have none.
    return switch (reference.getType()) {
      case "", "keyservice.dev/CryptoKey" -> Stream.of("");
      case "keyservice.dev/CryptoKeyVersion" -> Stream.of("/cryptoKeyVersions/1");
      case "*" -> Stream.of("", "/cryptoKeyVersions/1");
      default -> throw new AssertionError(schema.getFullName() + " names " + reference);
    };
  }

  /// A call of one method with one kind of name.
  ///
  /// @param suffix of the name of a key
  private record NamingCall(
      io.grpc.MethodDescriptor<?, ?> method,
      MethodDescriptor schema,
      List<Requirement> naming,
      String suffix) {

    StatusRuntimeException refused(Channel channel, String key) {
      return assertThrows(StatusRuntimeException.class, () -> answer(method, channel, key));
    }

    /// Whatever becomes of it.
    void make(Channel channel, String key) {
      try {
        answer(method, channel, key);
      } catch (StatusRuntimeException e) {
        assertTrue(
            Set.of(
                    Status.Code.ALREADY_EXISTS,
                    Status.Code.INVALID_ARGUMENT,
                    Status.Code.FAILED_PRECONDITION)
                .contains(e.getStatus().getCode()),
            this + " " + e);
      }
    }

    private <Q, A> void answer(io.grpc.MethodDescriptor<Q, A> method, Channel channel, String key) {
      var options = CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS);
      var answers =
          ClientCalls.blockingServerStreamingCall(
              channel, method, options, method.parseRequest(request(key)));
      assertTrue(answers.hasNext(), toString());
    }

    private InputStream request(String key) {
      var request = DynamicMessage.newBuilder(schema.getInputType());
      for (var field : schema.getInputType().getFields()) {
        fill(request, field);
      }
      for (var requirement : naming) {
        name(request, requirement, key);
      }
      return request.build().toByteString().newInput();
    }

    private static void fill(Message.Builder request, FieldDescriptor field) {
      if (field.getJavaType() == FieldDescriptor.JavaType.BYTE_STRING && !field.isRepeated()) {
        request.setField(field, BYTES);
      } else if (field.getName().equals("crypto_key")) {
        var key = CryptoKey.newBuilder().setPurpose(CryptoKey.Purpose.ENCRYPT_DECRYPT).build();
        request.setField(field, key);
      } else if (field.getName().equals("update_mask")) {
        request.setField(field, FieldMask.newBuilder().addPaths("labels").build());
      } else if (field.getName().equals("items")) {
        var item = DynamicMessage.newBuilder(field.getMessageType());
        field.getMessageType().getFields().forEach(part -> fill(item, part));
        request.addRepeatedField(field, item.build());
      }
    }

    private void name(Message.Builder request, Requirement requirement, String key) {
      if (requirement.getChildId().isEmpty()) {
        set(request, requirement.getResource(), RING + "/cryptoKeys/" + key + suffix);
        return;
      }
      set(request, requirement.getResource(), RING);
      request.setField(schema.getInputType().findFieldByName(requirement.getChildId()), key);
    }

    private static void set(Message.Builder message, String path, String value) {
      var end = path.indexOf('.');
      var type = message.getDescriptorForType();
      if (end < 0) {
        message.setField(type.findFieldByName(path), value);
        return;
      }
      var field = type.findFieldByName(path.substring(0, end));
      var inner = ((Message) message.getField(field)).toBuilder();
      set(inner, path.substring(end + 1), value);
      message.setField(field, inner.build());
    }

    @Override
    public String toString() {
      return method.getFullMethodName() + " of a key" + suffix;
    }
  }
}
