package dev.keyservice.access;

import com.google.protobuf.Message;
import dev.keyservice.call.CallRecord;
import dev.keyservice.failure.Failure;
import dev.keyservice.identity.Caller;
import dev.keyservice.key.CryptoKeyName;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.function.Predicate;

/// Decides, from names alone: the policy in force against what the method declares.
///
/// Until [#enforce] is called nothing is allowed to anyone.
@Singleton
public final class Access {
  private volatile AccessPolicy policy = new AccessPolicy(List.of());
  private volatile MethodRequirements methods = MethodRequirements.none();

  /// Puts a policy in force for every call from now on.
  public void enforce(AccessPolicy policy, MethodRequirements methods) {
    this.methods = methods;
    this.policy = policy;
  }

  /// The keys on which the caller holds the permission; decided by the policy in force now.
  public Predicate<CryptoKeyName> allowed(Caller caller, Permission permission) {
    return policy.allowed(caller.id(), permission);
  }

  /// Refuses a method that needs no look at the request to be refused.
  ///
  /// @return what is left to be checked against the request
  List<Requirement.OnResource> admit(Caller caller, String method) {
    var requirements =
        methods.of(method).orElseThrow(() -> new Failure.PermissionDenied("(none)", "*"));
    for (var requirement : requirements) {
      switch (requirement) {
        case Requirement.Filtered filtered -> somewhere(caller, filtered.permission());
        case Requirement.Anywhere anywhere -> somewhere(caller, anywhere.permission());
        case Requirement.OnResource later -> {}
      }
    }
    return requirements.stream()
        .filter(Requirement.OnResource.class::isInstance)
        .map(Requirement.OnResource.class::cast)
        .toList();
  }

  /// Refuses a request that names a key on which the caller lacks a permission.
  void permit(Caller caller, List<Requirement.OnResource> requirements, Message request) {
    for (var requirement : requirements) {
      var key = requirement.key(request);
      CallRecord.current().ifPresent(record -> record.concerns(key.resource()));
      if (!policy.allows(caller.id(), requirement.permission(), key)) {
        throw new Failure.PermissionDenied(
            requirement.permission().permissionName(), key.resource());
      }
    }
  }

  private void somewhere(Caller caller, Permission permission) {
    if (!policy.allowsSomewhere(caller.id(), permission)) {
      throw new Failure.PermissionDenied(permission.permissionName(), "*");
    }
  }
}
