package dev.keyservice.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodOptions;
import com.google.protobuf.DescriptorProtos.OneofDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import com.google.protobuf.Descriptors;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import dev.keyservice.access.Requirement.OnlyIf;
import dev.keyservice.v1.CryptoServiceGrpc;
import dev.keyservice.v1.KeyServiceGrpc;
import dev.keyservice.v1.Requirement;
import dev.keyservice.v1.RequirementsProto;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import io.grpc.protobuf.ProtoUtils;
import java.util.List;
import org.junit.jupiter.api.Test;

class MethodRequirementsTest {

  @Test
  void readsWhatTheServedMethodsDeclare() {
    var requirements =
        MethodRequirements.of(
            List.of(
                KeyServiceGrpc.bindService(new KeyServiceGrpc.AsyncService() {}),
                CryptoServiceGrpc.bindService(new CryptoServiceGrpc.AsyncService() {})));

    var create = requirements.of("keyservice.v1.KeyService/CreateCryptoKey").orElseThrow();
    assertEquals(List.of(Permission.KEYS_CREATE), permissions(create));
    var decrypt = requirements.of("keyservice.v1.CryptoService/Decrypt").orElseThrow();
    assertEquals(List.of(Permission.CRYPTO_DECRYPT), permissions(decrypt));
    assertTrue(requirements.of("keyservice.v1.KeyService/Unknown").isEmpty());
  }

  private static List<Permission> permissions(
      List<dev.keyservice.access.Requirement> requirements) {
    return requirements.stream().map(dev.keyservice.access.Requirement::permission).toList();
  }

  @Test
  void refusesAMethodThatDeclaresNothing() {
    assertRefused(
        MethodOptions.getDefaultInstance(),
        "must declare either what it requires or that it is authenticated");
  }

  @Test
  void refusesAMethodThatDeclaresBoth() {
    assertRefused(
        requires(Requirement.newBuilder().setPermission("keys.view").setFiltered(true)).toBuilder()
            .setExtension(RequirementsProto.authenticated, true)
            .build(),
        "must declare either what it requires or that it is authenticated");
  }

  @Test
  void asksSomethingOnlyOfRequestsThatSetAField() {
    var method = method(sometimes("caller", true));

    var requirements =
        MethodRequirements.of(List.of(service(method))).of("made.Up/Do").orElseThrow();

    var onlyIf = (OnlyIf) requirements.getFirst();
    assertEquals(1, requirements.size());
    assertEquals(Permission.KEYS_VIEW, onlyIf.permission());
    var caller = method.getInputType().findFieldByName("caller");
    var request = DynamicMessage.newBuilder(method.getInputType());
    assertFalse(onlyIf.field().isSet(request.build()));
    request.setField(caller, DynamicMessage.getDefaultInstance(caller.getMessageType()));
    assertTrue(onlyIf.field().isSet(request.build()));
  }

  @Test
  void readsWhetherAFieldWithinAMessageIsSet() {
    var method = method(sometimes("caller.nick", true));
    var requirements =
        MethodRequirements.of(List.of(service(method))).of("made.Up/Do").orElseThrow();
    var field = ((OnlyIf) requirements.getFirst()).field();
    var caller = method.getInputType().findFieldByName("caller");
    var nick = caller.getMessageType().findFieldByName("nick");
    var request = DynamicMessage.newBuilder(method.getInputType());

    assertFalse(field.isSet(request.build()));
    request.setField(
        caller, DynamicMessage.newBuilder(caller.getMessageType()).setField(nick, "").build());
    assertTrue(field.isSet(request.build()));
  }

  private static MethodOptions sometimes(String field, boolean authenticated) {
    return requires(
            Requirement.newBuilder().setPermission("keys.view").setAnywhere(true).setOnlyIf(field))
        .toBuilder()
        .setExtension(RequirementsProto.authenticated, authenticated)
        .build();
  }

  @Test
  void refusesAMethodThatRequiresSomethingOnlySometimesAndIsNotAuthenticated() {
    assertRefused(
        sometimes("caller", false),
        "must declare either what it requires or that it is authenticated");
  }

  @Test
  void refusesAMethodThatRequiresSomethingAlwaysAndSomethingElseSometimes() {
    var always = Requirement.newBuilder().setPermission("keys.view").setFiltered(true).build();

    assertRefused(
        sometimes("caller", false).toBuilder()
            .addExtension(RequirementsProto.requires, always)
            .build(),
        "requires something always, and something else only sometimes");
    assertRefused(
        sometimes("caller", true).toBuilder()
            .addExtension(RequirementsProto.requires, always)
            .build(),
        "must declare either what it requires or that it is authenticated");
  }

  @Test
  void refusesAConditionOnAFieldThatIsAlwaysThere() {
    assertRefused(sometimes("name", true), "cannot tell whether the field 'name' is set");
  }

  @Test
  void refusesAConditionOnAFieldThatIsNotThere() {
    assertRefused(
        sometimes("callr", true),
        "requires something of the field 'callr', which its request does not have");
  }

  @Test
  void refusesAConditionInAStreamOfRequests() {
    var refused =
        assertThrows(
            IllegalStateException.class,
            () -> MethodRequirements.of(List.of(service(method(sometimes("caller", true), true)))));

    assertEquals(
        "made.Up.Do requires something only sometimes in a stream of requests",
        refused.getMessage());
  }

  @Test
  void refusesAnUnknownPermission() {
    assertRefused(
        requires(Requirement.newBuilder().setPermission("keys.steal").setFiltered(true)),
        "requires the unknown permission 'keys.steal'");
  }

  @Test
  void refusesAFieldThatIsNotThere() {
    assertRefused(
        requires(Requirement.newBuilder().setPermission("keys.view").setResource("nam")),
        "requires something of the field 'nam', which its request does not have");
  }

  @Test
  void refusesAChildThatIsNotThere() {
    assertRefused(
        requires(
            Requirement.newBuilder()
                .setPermission("keys.view")
                .setResource("name")
                .setChildId("child")),
        "requires something of the field 'child', which its request does not have");
  }

  @Test
  void refusesAFieldThatIsNoText() {
    assertRefused(
        requires(Requirement.newBuilder().setPermission("keys.view").setResource("number")),
        "requires something of the field 'number', which is no text");
  }

  @Test
  void refusesAPathThroughAFieldThatIsNoMessage() {
    assertRefused(
        requires(Requirement.newBuilder().setPermission("keys.view").setResource("name.name")),
        "requires something of the field 'name.name', which its request does not have");
  }

  @Test
  void refusesAPermissionOnNothing() {
    assertRefused(
        requires(Requirement.newBuilder().setPermission("keys.view")),
        "requires a permission on nothing");
  }

  private static MethodOptions requires(Requirement.Builder requirement) {
    return MethodOptions.newBuilder()
        .addExtension(RequirementsProto.requires, requirement.build())
        .build();
  }

  private static void assertRefused(MethodOptions options, String why) {
    var refused =
        assertThrows(
            IllegalStateException.class,
            () -> MethodRequirements.of(List.of(service(method(options)))));
    assertEquals("made.Up.Do " + why, refused.getMessage());
  }

  /// A service that no proto file of ours declares, with one method `made.Up/Do`.
  private static Descriptors.MethodDescriptor method(MethodOptions options) {
    return method(options, false);
  }

  private static Descriptors.MethodDescriptor method(MethodOptions options, boolean streaming) {
    var nick =
        field("nick", 1, FieldDescriptorProto.Type.TYPE_STRING).toBuilder()
            .setProto3Optional(true)
            .setOneofIndex(0);
    var caller =
        DescriptorProto.newBuilder()
            .setName("Caller")
            .addField(nick)
            .addOneofDecl(OneofDescriptorProto.newBuilder().setName("_nick"));
    var request =
        DescriptorProto.newBuilder()
            .setName("Request")
            .addField(field("name", 1, FieldDescriptorProto.Type.TYPE_STRING))
            .addField(field("number", 2, FieldDescriptorProto.Type.TYPE_INT32))
            .addField(
                field("caller", 3, FieldDescriptorProto.Type.TYPE_MESSAGE).toBuilder()
                    .setTypeName(".made.Caller"));
    var file =
        FileDescriptorProto.newBuilder()
            .setName("made_up.proto")
            .setPackage("made")
            .setSyntax("proto3")
            .addMessageType(request)
            .addMessageType(caller)
            .addService(
                ServiceDescriptorProto.newBuilder()
                    .setName("Up")
                    .addMethod(
                        MethodDescriptorProto.newBuilder()
                            .setName("Do")
                            .setInputType(".made.Request")
                            .setOutputType(".made.Request")
                            .setClientStreaming(streaming)
                            .setOptions(options)))
            .build();
    try {
      return FileDescriptor.buildFrom(file, new FileDescriptor[0])
          .findServiceByName("Up")
          .findMethodByName("Do");
    } catch (Descriptors.DescriptorValidationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static FieldDescriptorProto field(
      String name, int number, FieldDescriptorProto.Type type) {
    return FieldDescriptorProto.newBuilder()
        .setName(name)
        .setNumber(number)
        .setType(type)
        .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL)
        .build();
  }

  private static ServerServiceDefinition service(Descriptors.MethodDescriptor method) {
    var marshaller =
        ProtoUtils.marshaller(DynamicMessage.getDefaultInstance(method.getInputType()));
    var descriptor =
        MethodDescriptor.<DynamicMessage, DynamicMessage>newBuilder(marshaller, marshaller)
            .setType(method.isClientStreaming() ? MethodType.CLIENT_STREAMING : MethodType.UNARY)
            .setFullMethodName("made.Up/Do")
            .setSchemaDescriptor(new Schema(method))
            .build();
    return ServerServiceDefinition.builder("made.Up")
        .addMethod(descriptor, (call, headers) -> new ServerCall.Listener<>() {})
        .build();
  }

  private record Schema(Descriptors.MethodDescriptor getMethodDescriptor)
      implements ProtoMethodDescriptorSupplier {
    @Override
    public Descriptors.ServiceDescriptor getServiceDescriptor() {
      return getMethodDescriptor.getService();
    }

    @Override
    public FileDescriptor getFileDescriptor() {
      return getMethodDescriptor.getFile();
    }
  }
}
