package dev.keyservice.access;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import dev.keyservice.v1.RequirementsProto;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What every served method demands, read from the proto once at start.
///
/// Nothing is served undeclared: a method without a declaration, with an unknown permission or with
/// a field that its request does not have ends the start.
public final class MethodRequirements {
  /// Answered below every stage to whoever gets a connection.
  private static final Set<String> ANONYMOUS = Set.of("grpc.health.v1.Health");

  private static final Set<String> REFLECTION =
      Set.of("grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection");

  private final Map<String, List<Requirement>> byMethod;

  private MethodRequirements(Map<String, List<Requirement>> byMethod) {
    this.byMethod = Map.copyOf(byMethod);
  }

  /// Demands of no method: nothing is allowed.
  static MethodRequirements none() {
    return new MethodRequirements(Map.of());
  }

  /// Reads the declarations of all methods of these services.
  ///
  /// @throws IllegalStateException naming the method that does not declare what it needs, and why
  public static MethodRequirements of(Iterable<ServerServiceDefinition> services) {
    var byMethod = new HashMap<String, List<Requirement>>();
    for (var service : services) {
      var name = service.getServiceDescriptor().getName();
      if (ANONYMOUS.contains(name)) {
        continue;
      }
      for (var method : service.getMethods()) {
        byMethod.put(
            method.getMethodDescriptor().getFullMethodName(),
            REFLECTION.contains(name)
                ? List.of(new Requirement.Anywhere(Permission.REFLECTION_USE))
                : declared(method));
      }
    }
    return new MethodRequirements(byMethod);
  }

  /// The demands of a method; an empty list asks only for an authenticated caller, an empty
  /// optional means that nobody may call it.
  Optional<List<Requirement>> of(String fullMethodName) {
    return Optional.ofNullable(byMethod.get(fullMethodName));
  }

  private static List<Requirement> declared(ServerMethodDefinition<?, ?> method) {
    var schema = method.getMethodDescriptor().getSchemaDescriptor();
    if (!(schema instanceof ProtoMethodDescriptorSupplier supplier)) {
      throw new IllegalStateException(
          method.getMethodDescriptor().getFullMethodName()
              + " has no proto to declare what it requires");
    }
    return declared(supplier.getMethodDescriptor());
  }

  private static List<Requirement> declared(MethodDescriptor method) {
    var options = method.getOptions();
    var requirements = new ArrayList<Requirement>();
    for (var declared : options.getExtension(RequirementsProto.requires)) {
      requirements.add(requirement(method, declared));
    }
    var authenticated = options.getExtension(RequirementsProto.authenticated);
    var conditional = requirements.stream().filter(Requirement.OnlyIf.class::isInstance).count();
    var unconditional = requirements.size() - conditional;
    if (unconditional > 0 == authenticated) {
      throw refused(method, "must declare either what it requires or that it is authenticated");
    }
    if (unconditional > 0 && conditional > 0) {
      throw refused(method, "requires something always, and something else only sometimes");
    }
    return List.copyOf(requirements);
  }

  private static Requirement requirement(
      MethodDescriptor method, dev.keyservice.v1.Requirement declared) {
    var permission =
        Permission.named(declared.getPermission())
            .orElseThrow(() ->
                refused(
                    method, "requires the unknown permission '" + declared.getPermission() + "'"));
    var asked =
        switch (declared.getTargetCase()) {
          case RESOURCE -> onResource(method, permission, declared);
          case FILTERED -> new Requirement.Filtered(permission);
          case ANYWHERE -> new Requirement.Anywhere(permission);
          case TARGET_NOT_SET -> throw refused(method, "requires a permission on nothing");
        };
    return declared.getOnlyIf().isEmpty() ? asked : onlyIf(method, declared.getOnlyIf(), asked);
  }

  private static Requirement onlyIf(MethodDescriptor method, String path, Requirement asked) {
    if (method.isClientStreaming()) {
      throw refused(method, "requires something only sometimes in a stream of requests");
    }
    var field = field(method, path);
    if (!field.fields().getLast().hasPresence()) {
      throw refused(method, "cannot tell whether the field '" + path + "' is set");
    }
    return new Requirement.OnlyIf(field, asked);
  }

  private static Requirement onResource(
      MethodDescriptor method, Permission permission, dev.keyservice.v1.Requirement declared) {
    if (method.isClientStreaming()) {
      // The method would begin before the first message could be authorised.
      throw refused(method, "names a resource in a stream of requests");
    }
    var childId = declared.getChildId();
    return new Requirement.OnResource(
        permission,
        text(method, declared.getResource()),
        childId.isEmpty() ? Optional.empty() : Optional.of(text(method, childId)));
  }

  private static Requirement.FieldPath text(MethodDescriptor method, String path) {
    var field = field(method, path);
    if (field.fields().getLast().getJavaType() != FieldDescriptor.JavaType.STRING) {
      throw refused(method, "requires something of the field '" + path + "', which is no text");
    }
    return field;
  }

  private static Requirement.FieldPath field(MethodDescriptor method, String path) {
    var fields = new ArrayList<FieldDescriptor>();
    Descriptor message = method.getInputType();
    for (var name : path.split("\\.", -1)) {
      var field = message == null ? null : message.findFieldByName(name);
      if (field == null || field.isRepeated()) {
        throw refused(
            method,
            "requires something of the field '" + path + "', which its request does not have");
      }
      fields.add(field);
      message =
          field.getJavaType() == FieldDescriptor.JavaType.MESSAGE ? field.getMessageType() : null;
    }
    return new Requirement.FieldPath(List.copyOf(fields));
  }

  private static IllegalStateException refused(MethodDescriptor method, String why) {
    return new IllegalStateException(method.getFullName() + " " + why);
  }
}
